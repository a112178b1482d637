package sim

// kind says what an action is.
type kind uint8

// Actions of the market. Each is at most one message of an order feed.
const (
	actSystem      kind = iota // code
	actDirectory               // symbol
	actStatus                  // symbol, code: T trading, H halted, Q quotation only
	actOperational             // symbol: no operational halt
	actShortSale               // symbol, code: '0' none, '1' activated, '2' in effect
	actParticipant             // symbol, mpid
	actBreakerLevels
	actCollar    // symbol, price
	actOpening   // symbol, price: first cross of a day is released
	actAdd       // id, side, price, qty, priority; mpid where attributed
	actExecute   // id, qty, match, remain; price the order's own; aggressor the other side
	actExecuteAt // as actExecute at tradePrice; printable
	actReduce    // id, qty off, remain
	actDelete    // id
	actReplace   // oldID, id, price, qty, priority, keepPriority
	actHidden    // price, qty, match
	actCross     // price, qty, match, code
	actBreak     // price, qty, match
	actImbalance // price, qty, paired, side
	actRetail    // code
	actKinds
)

// action is one thing that happened, already applied to the true book.
type action struct {
	kind         kind
	side         uint8
	code         byte
	keepPriority bool
	printable    bool
	moves        uint8 // how many of move are meaningful
	symbol       uint16
	price        int32 // ticks: the order's price, or the trade's
	oldPrice     int32 // actReplace
	tradePrice   int32 // ticks, actExecuteAt
	qty          uint32
	remain       uint32
	mpid         uint32 // index of mpids + 1; 0 none
	id           uint64
	oldID        uint64
	match        uint64
	aggressor    uint64 // order id that took it; 0 none
	priority     uint64
	paired       uint64
	move         [2]levelMove
}

// encoder turns actions into messages as they happen. A step is one event of the market: all its actions share a
// time and a symbol.
type encoder interface {
	begin(now uint64)
	act(a *action)
	end()
	// heartbeat makes an idle datagram at now.
	heartbeat(now uint64)
	// close makes the n-th datagram after the last message; false when there are no more.
	close(now uint64, n int) bool
}

var mpids = [8][4]byte{
	{'A', 'L', 'P', 'H'}, {'B', 'R', 'A', 'V'}, {'C', 'H', 'L', 'I'}, {'D', 'L', 'T', 'A'},
	{'E', 'C', 'H', 'O'}, {'F', 'X', 'T', 'R'}, {'G', 'L', 'F', 'M'}, {'H', 'T', 'E', 'L'},
}
