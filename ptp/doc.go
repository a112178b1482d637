// Package ptp is Wirebook's model of time: what a receive stamp is and how far it can be trusted.
// It is pure arithmetic; reading clocks happens elsewhere.
package ptp
