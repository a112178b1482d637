package main

import (
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/sys/unix"
)

// isTerminal says whether a file is a terminal, where bars and tables make sense.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// progress draws a bar on standard error while a file is read; on anything but a terminal it draws nothing.
type progress struct {
	pool *mpb.Progress
	bar  *mpb.Bar
}

func newProgress(title string, quiet bool) *progress {
	p := &progress{}
	if quiet || !isTerminal(os.Stderr) {
		return p
	}
	p.pool = mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(48))
	p.bar = p.pool.AddBar(0, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(title+" ")),
		mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f "), decor.AverageETA(decor.ET_STYLE_GO)))
	return p
}

func (p *progress) set(read, total int64) {
	if p.bar != nil && total > 0 {
		p.bar.SetTotal(total, false)
		p.bar.SetCurrent(read)
	}
}

func (p *progress) done() {
	if p.bar != nil {
		p.bar.SetTotal(-1, true)
		p.pool.Wait()
	}
}
