package view

import (
	"strconv"

	"wirebook/shm"
)

// admin shows a status, definition, imbalance or statistics record, or one of the appliance's own: each has facts of its own.
func (l *line) admin(r *Record) {
	switch r.RType() {
	case shm.RTypeStatus:
		if m := shm.View[shm.Status](r.Body); m != nil {
			l.kind(r, m.TsRecv, "status")
			l.text(nameOr(statusNames[:], m.Action))
			l.number(" reason ", uint64(m.Reason), m.Reason != 0)
			l.number(" event ", uint64(m.TradingEvent), m.TradingEvent != 0)
			l.known("  trading ", m.IsTrading)
			l.known("  quoting ", m.IsQuoting)
			l.known("  short-sale restricted ", m.IsShortSellRestricted)
		}
	case shm.RTypeDefinition:
		if m := shm.View[shm.Definition](r.Body); m != nil {
			l.kind(r, m.TsRecv, "definition")
			l.text(shm.Text(m.RawSymbol[:]))
			l.fact(" tick ", m.MinPriceIncrement)
			l.number(" lot ", uint64(uint32(m.MinLotSizeRoundLot)), m.MinLotSizeRoundLot > 0 && m.MinLotSizeRoundLot != 1<<31-1)
			l.word(" currency ", shm.Text(m.Currency[:]))
			l.word(" exchange ", shm.Text(m.Exchange[:]))
			l.word(" group ", shm.Text(m.Group[:]))
			l.known(" class ", m.InstrumentClass)
			l.known(" update ", m.SecurityUpdateAction)
		}
	case shm.RTypeImbalance:
		if m := shm.View[shm.Imbalance](r.Body); m != nil {
			l.kind(r, m.TsRecv, "imbalance")
			l.text("side " + sideName(m.Side))
			l.number(" paired ", uint64(m.PairedQty), m.PairedQty != shm.UndefOrderSize)
			l.number(" imbalance ", uint64(m.TotalImbalanceQty), m.TotalImbalanceQty != shm.UndefOrderSize)
			l.fact(" reference ", m.RefPrice)
			l.fact(" indicative ", m.IndMatchPrice)
			l.fact(" clearing ", m.ContBookClrPrice)
			l.known(" auction ", m.AuctionType)
		}
	case shm.RTypeStatistics:
		if m := shm.View[shm.Statistics](r.Body); m != nil {
			l.kind(r, m.TsRecv, "statistics")
			l.text(nameOr(statisticNames[:], m.StatType))
			l.fact(" ", m.Price)
			l.number(" quantity ", uint64(m.Quantity), m.Quantity != shm.UndefStatQty && m.Quantity >= 0)
			if m.UpdateAction == 2 {
				l.text(" deleted")
			}
		}
	case shm.RTypeAppliance:
		l.appliance(r)
	}
}

func (l *line) kind(r *Record, tsRecv uint64, name string) {
	l.head(r, tsRecv)
	l.b = appendCell(l.b, name, 10, false)
	l.text(" ")
}

func (l *line) number(label string, n uint64, shown bool) {
	if shown {
		l.text(label)
		l.b = strconv.AppendUint(l.b, n, 10)
	}
}

func (l *line) word(label, text string) {
	if text != "" {
		l.text(label + text)
	}
}

// known shows a letter unless it says that the venue did not tell.
func (l *line) known(label string, c uint8) {
	if c != '~' && c != 0 {
		l.text(label + printable(c))
	}
}

// fact shows a price unless it is absent.
func (l *line) fact(label string, price int64) {
	switch {
	case price == shm.UndefPrice:
	case l.raw:
		l.text(label + strconv.FormatInt(price, 10))
	default:
		l.text(label)
		l.b = priceText(l.b, price, 0)
	}
}
