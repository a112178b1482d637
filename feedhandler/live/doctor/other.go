//go:build !linux

package doctor

func (e *examination) kernel() {
	e.add(Finding{ID: "kernel.version", Level: Fail, Found: "not Linux", Want: "Linux", Cost: "only replay works here", Fix: "run it on Linux"})
}
func (e *examination) rights()     {}
func (e *examination) limits()     {}
func (e *examination) memory()     {}
func (e *examination) processors() {}
func (e *examination) network()    {}
func (e *examination) clock()      {}
func (e *examination) clocks()     {}
func (e *examination) nic(string)  {}
func (e *examination) selfTest()   {}
