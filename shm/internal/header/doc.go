// Package header writes what the C header and the Python module say of layouts and numbers from the Go structs of the ABI:
// they cannot say anything else than what Go does, and each consumer checks the sizes and offsets again.
package header
