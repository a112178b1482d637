package top

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Readers lists the processes that have rings below dir mapped, but for the writer itself and this process. It sees those
// whose maps the caller may read: its own, or all for root.
func Readers(dir string, writer uint32) []Reader {
	list := []Reader{}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return list
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() || uint32(pid) == writer {
			continue
		}
		if n := mappedRings(pid, dir); n > 0 {
			name, _ := os.ReadFile("/proc/" + e.Name() + "/comm")
			list = append(list, Reader{PID: pid, Command: printable(strings.TrimSpace(string(name))), Rings: n})
		}
	}
	return list
}

// mappedRings counts the ring files below dir that a process has mapped.
func mappedRings(pid int, dir string) int {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/maps")
	if err != nil {
		return 0
	}
	defer f.Close()
	seen := map[string]bool{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		_, path, ok := strings.Cut(s.Text(), " "+dir+"/")
		if ok && strings.HasSuffix(path, ".ring") {
			seen[path] = true
		}
	}
	return len(seen)
}

// printable keeps a foreign process from writing to the terminal through its name.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
