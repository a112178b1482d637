// Package header writes the C header from the Go structs of the ABI: wirebook.h cannot say anything else than
// what Go does, and each consumer's compiler checks the sizes and offsets again.
package header
