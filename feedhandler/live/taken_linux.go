package live

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wirebook/bpf"
	"wirebook/feedhandler/socket"
	"wirebook/shm/segment"
)

// warnTaken says which lines another program's filter takes off their interface before kernel sockets see them: they get
// nothing while it is there, and neither counter nor gap would tell.
func (h *Handler) warnTaken() {
	if h.edge.Name == "xdp" {
		return // an interface has one filter, and it is ours
	}
	for _, name := range h.interfacesNow() {
		ifi, err := socket.Interface(name)
		if err != nil {
			continue // who opens the sockets says so
		}
		program := bpf.Attached(ifi.Index)
		if program == 0 {
			continue
		}
		taken, err := bpf.Taken(program)
		var lines []string
		for _, f := range h.feeds {
			for i := range f.Config.Lines {
				want := subscription(f, i)
				if f.InterfaceOf(i, &h.config.Live) == name && slices.ContainsFunc(taken, func(s bpf.Subscription) bool { return s.Group == want.Group }) {
					lines = append(lines, fmt.Sprintf("%s line %s (%s)", f.Name, f.Config.Lines[i].Name, want.Group))
				}
			}
		}
		by := h.holder(program)
		switch {
		case len(lines) > 0:
			h.log.Warn("another run's filter takes these groups off the interface: nothing of them comes here until it ends; stop it, or receive them there",
				"interface", name, "by", by, "lines", strings.Join(lines, ", "))
		case errors.Is(err, bpf.ErrNotOurs):
			h.log.Warn("a program that is not wirebook's is on the interface: what it takes does not come here", "interface", name, "by", by)
		case err != nil:
			h.log.Warn("another program's filter is on the interface, and what it takes cannot be read: that does not come here", "interface", name, "by", by, "error", err)
		}
	}
}

// holder names the process, and the instance, that has an XDP program attached, as far as this process may see.
func (h *Handler) holder(program uint32) string {
	mark := fmt.Sprintf("prog_id:\t%d\n", program)
	infos, _ := filepath.Glob("/proc/[0-9]*/fdinfo/*")
	for _, path := range infos {
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), mark) {
			continue
		}
		pid := strings.Split(path, "/")[2]
		if name := h.instanceOf(pid); name != "" {
			return "instance " + name + ", process " + pid
		}
		command, _ := os.ReadFile("/proc/" + pid + "/comm")
		return strings.TrimSpace(string(command)) + ", process " + pid
	}
	return fmt.Sprintf("program %d, of a process that cannot be seen", program)
}

// instanceOf names the instance, another than this, whose shared memory a process writes.
func (h *Handler) instanceOf(pid string) string {
	text, _ := os.ReadFile("/proc/" + pid + "/maps")
	root := segment.Root(h.opts.Shm.Root) + "/"
	for line := range strings.Lines(string(text)) {
		_, path, found := strings.Cut(strings.TrimSpace(line), root)
		if name, file, ok := strings.Cut(path, "/"); found && ok && file == "control" && name != h.config.Instance && strings.Contains(line, "rw-s") {
			return name
		}
	}
	return ""
}
