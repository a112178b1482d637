package doctor

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"wirebook/feedhandler/config"
)

// Options shape an examination.
type Options struct {
	Interfaces []string // none: every interface that is up and not the loopback
	Root       string   // where /proc and /sys are; "" for the host's
	NoSelfTest bool
	ShmRoot    string         // "" for /dev/shm
	Config     *config.Config // nil: nothing is said of feeds
}

// Examine looks at everything. It changes nothing and takes about two seconds.
func Examine(o Options) *Report {
	e := &examination{o: o}
	if o.Root == "" {
		e.o.Root = "/"
	}
	if o.ShmRoot == "" {
		e.o.ShmRoot = "/dev/shm"
	}
	if len(o.Interfaces) == 0 {
		e.o.Interfaces = e.candidates()
	}
	e.kernel()
	e.rights()
	e.limits()
	e.memory()
	if o.Config != nil {
		e.feeds(o.Config)
	}
	e.processors()
	e.network()
	e.clock()
	for _, name := range e.o.Interfaces {
		e.nic(name)
	}
	e.clocks()
	if !o.NoSelfTest {
		e.selfTest()
	}
	host, _ := os.Hostname()
	return &Report{Host: host, Interfaces: e.o.Interfaces, Findings: e.list}
}

// read returns a file's text without the final line feed; ok is false when it cannot be read.
func (e *examination) read(path string) (string, bool) {
	b, err := os.ReadFile(filepath.Join(e.o.Root, path))
	return strings.TrimSpace(string(b)), err == nil
}

// number reads a file that holds one number.
func (e *examination) number(path string) (int64, bool) {
	s, ok := e.read(path)
	if !ok {
		return 0, false
	}
	if f := strings.Fields(s); len(f) > 0 {
		n, err := strconv.ParseInt(f[0], 10, 64)
		return n, err == nil
	}
	return 0, false
}

// glob lists files by pattern, as paths below the root.
func (e *examination) glob(pattern string) []string {
	list, _ := filepath.Glob(filepath.Join(e.o.Root, pattern))
	for i, p := range list {
		if rel, err := filepath.Rel(e.o.Root, p); err == nil {
			list[i] = rel
		}
	}
	return list
}

// chosen returns the word in brackets: "always [madvise] never" is madvise.
func chosen(s string) string {
	if i := strings.IndexByte(s, '['); i >= 0 {
		if j := strings.IndexByte(s[i:], ']'); j > 0 {
			return s[i+1 : i+j]
		}
	}
	return s
}

// candidates are the interfaces that are up, but for the loopback.
func (e *examination) candidates() []string {
	var list []string
	for _, p := range e.glob("sys/class/net/*") {
		name := filepath.Base(p)
		if state, _ := e.read(p + "/operstate"); state == "up" && name != "lo" {
			list = append(list, name)
		}
	}
	return list
}

func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + one + "s"
}

func mib(bytes uint64) string { return strconv.FormatUint(bytes>>20, 10) + " MiB" }
