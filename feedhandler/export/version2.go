package export

import (
	"encoding/binary"
	"fmt"
	"math"

	"wirebook/shm"
)

// Version 2 of DBN, for readers that do not know version 3: the same metadata and the same records but for two.
// Statistics have a 32-bit quantity; definitions lack the legs and have fields that version 3 dropped.
// Layouts: DBN specification (github.com/databento/dbn), StatMsg and InstrumentDefMsg of versions 2 and 3.
const (
	sizeStatisticsV2 = 64
	sizeDefinitionV2 = 400
)

// toVersion2 returns a record as version 2 has it, in buf where it differs.
func toVersion2(buf *[sizeDefinitionV2]byte, body []byte) ([]byte, error) {
	switch {
	case body[1] == shm.RTypeStatistics && len(body) >= shm.SizeStatistics:
		return statisticsV2(buf, body)
	case body[1] == shm.RTypeDefinition && len(body) >= shm.SizeDefinition:
		return definitionV2(buf, body)
	}
	return body, nil
}

func statisticsV2(buf *[sizeDefinitionV2]byte, body []byte) ([]byte, error) {
	b := buf[:sizeStatisticsV2]
	clear(b)
	copy(b[:40], body) // header, ts_recv, ts_ref, price
	quantity := int64(binary.LittleEndian.Uint64(body[40:]))
	switch {
	case quantity == shm.UndefStatQty:
		quantity = math.MaxInt32
	case quantity < math.MinInt32 || quantity >= math.MaxInt32:
		return nil, fmt.Errorf("a statistic of %d does not fit the 32 bits of DBN version 2: export version 3", quantity)
	}
	binary.LittleEndian.PutUint32(b[40:], uint32(int32(quantity)))
	copy(b[44:58], body[48:]) // sequence to stat_flags
	b[0] = sizeStatisticsV2 / 4
	return b, nil
}

func definitionV2(buf *[sizeDefinitionV2]byte, body []byte) ([]byte, error) {
	b := buf[:]
	clear(b)
	for _, part := range [...]struct{ to, from, n int }{
		{0, 0, 80},      // header to max_price_variation
		{88, 80, 32},    // unit_of_measure_qty to strike_price
		{120, 136, 8},   // inst_attrib_value, underlying_id
		{132, 144, 44},  // market_depth_implied to original_contract_size
		{178, 212, 8},   // appl_id to channel_id
		{186, 224, 111}, // currency to exchange
		{297, 335, 6},   // asset, shorter by 4
		{304, 346, 70},  // cfi to strike_price_currency
		{374, 487, 2},   // instrument_class, match_algorithm
		{377, 489, 2},   // main_fraction, price_display_format
		{380, 491, 10},  // sub_fraction to tick_rule
	} {
		copy(b[part.to:part.to+part.n], body[part.from:])
	}
	b[0] = sizeDefinitionV2 / 4
	binary.LittleEndian.PutUint64(b[80:], uint64(shm.UndefPrice)) // trading_reference_price
	id := binary.LittleEndian.Uint64(body[112:])
	if id > math.MaxUint32 {
		return nil, fmt.Errorf("raw_instrument_id %d does not fit the 32 bits of DBN version 2: export version 3", id)
	}
	binary.LittleEndian.PutUint32(b[128:], uint32(id))
	binary.LittleEndian.PutUint16(b[176:], math.MaxUint16) // trading_reference_date
	b[376], b[379] = math.MaxUint8, math.MaxUint8          // md_security_trading_status, settl_price_type
	return b, nil
}
