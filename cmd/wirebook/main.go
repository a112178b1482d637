// Command wirebook is the feed handler and its tools.
package main

func main() {}
