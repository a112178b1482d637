package iex

import (
	"math"

	"wirebook/book"
)

// priceUnit is one wire price unit, 1e-4, in book units of 1e-9.
const priceUnit = book.PriceScale / 10_000

// largestPrice is the largest wire price that fits.
const largestPrice = math.MaxInt64 / priceUnit

// scale turns a wire price into book units; false when it does not fit.
func scale(wire int64) (int64, bool) {
	return wire * priceUnit, uint64(wire)+largestPrice <= 2*largestPrice
}

// scaleOrNone is scale where a wire price of 0 means that there is none.
func scaleOrNone(wire int64) (int64, bool) {
	if wire == 0 {
		return book.UndefPrice, true
	}
	return scale(wire)
}
