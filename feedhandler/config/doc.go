// Package config turns a configuration file or a bundled profile into what the core is built from.
//
// A profile says what a feed is (protocol, publisher, price scale, session, sample groups); a file says which
// channels an instance carries and where their lines arrive. Every mistake of a file is reported at once, each with
// file, line, key, value and the rule it breaks.
package config
