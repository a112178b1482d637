package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary builds the command once for all tests of this package.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wirebook-test-*")
	if err == nil {
		binary = filepath.Join(dir, "wirebook")
		build := exec.Command("go", "build", "-o", binary, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the product is built: with cgo it keeps its rights
		var out []byte
		if out, err = build.CombinedOutput(); err != nil {
			err = fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// rig is a folder with good and bad inputs, and an empty place for instances.
type rig struct {
	t   *testing.T
	dir string
	env []string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	b := &rig{t: t, dir: t.TempDir()}
	b.env = append(os.Environ(), "WIREBOOK_SHM="+filepath.Join(b.dir, "shm"), "TMPDIR="+filepath.Join(b.dir, "tmp"))
	for _, dir := range []string{"shm", "tmp", "out"} {
		if err := os.Mkdir(filepath.Join(b.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for protocol, file := range map[string]string{"itch50": "good.pcap", "deep": "deep.pcap", "mdp3": "mdp3.pcap"} {
		if r := b.run("sim", "-o", file, "--protocol", protocol, "--messages", "3000", "--seconds", "0"); r.code != 0 {
			t.Fatalf("sim: %+v", r)
		}
	}
	good := b.read("good.pcap")
	b.write("cut.pcap", good[:len(good)/2])
	b.write("header.pcap", good[:24])
	b.write("empty.pcap", nil)
	b.write("text.pcap", []byte("dear diary, today there were no packets\n"))
	b.write("twins.yaml", []byte(`channels:
  - name: itch
    profile: nasdaq.itch50
    lines:
      - {name: A, group: 239.10.1.1, port: 26477}
      - {name: A, group: 239.10.2.1, port: 26478}
`))
	b.write("three.yaml", []byte(`channels:
  - name: itch
    profile: nasdaq.itch51
    lines:
      - {name: A, group: 233.54.12.300, port: 26477}
      - {name: B, group: 233.49.196.111, port: 99999}
`))
	b.write("elsewhere.yaml", []byte("channels:\n  - {name: a, profile: nasdaq.itch50, lines: [{name: A, group: 239.255.255.1, port: 1}]}\n"))
	b.write("foreign.yaml", []byte("channels:\n  - {name: a, profile: iex.deep10, lines: [{name: A, group: 239.10.1.1, port: 26477}]}\n"))
	b.write("nowhere.yaml", []byte("channels:\n  - {name: a, profile: cme.mdp3tcp}\n"))
	b.write("shm/strange/control", []byte("not ours"))
	if err := os.Mkdir(filepath.Join(b.dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *rig) write(name string, data []byte) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *rig) read(name string) []byte {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

type result struct {
	code        int
	out, errors string
}

func (b *rig) command(args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Dir, c.Env = b.dir, b.env
	return c
}

func (b *rig) run(args ...string) result {
	b.t.Helper()
	c := b.command(args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	timer := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
	defer timer.Stop()
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// files lists all files below the rig with their sizes, to show that nothing was left behind.
func (b *rig) files() string {
	b.t.Helper()
	var list []string
	err := filepath.WalkDir(b.dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			info, infoErr := entry.Info()
			if err = infoErr; err == nil {
				size := info.Size()
				if entry.IsDir() {
					size = 0
				}
				list = append(list, fmt.Sprintf("%s %d", strings.TrimPrefix(path, b.dir), size))
			}
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(list, "\n")
}

// refused checks one refusal: the exit code, one message on standard error that holds every part of want, no
// stack trace, nothing on standard output, nothing left behind.
func (b *rig) refused(code int, want []string, args ...string) {
	b.t.Helper()
	before := b.files()
	r := b.run(args...)
	name := strings.Join(args, " ")
	if r.code != code {
		b.t.Errorf("%s: exit code %d, want %d", name, r.code, code)
	}
	if n := strings.Count(r.errors, "wirebook: "); n != 1 {
		b.t.Errorf("%s: %d messages:\n%s", name, n, r.errors)
	}
	for _, part := range want {
		if !strings.Contains(r.errors, part) {
			b.t.Errorf("%s: the message lacks %q:\n%s", name, part, r.errors)
		}
	}
	if strings.Contains(r.errors, "goroutine ") || strings.Contains(r.errors, "panic") {
		b.t.Errorf("%s: a stack trace:\n%s", name, r.errors)
	}
	if r.out != "" {
		b.t.Errorf("%s: %d bytes on standard output", name, len(r.out))
	}
	if after := b.files(); after != before {
		b.t.Errorf("%s: files were\n%s\nand are\n%s", name, before, after)
	}
}

func TestBadInput(t *testing.T) {
	b := newRig(t)
	type refusal struct {
		args string
		code int
		want []string
	}
	var list []refusal
	add := func(code int, args string, want ...string) { list = append(list, refusal{args, code, want}) }
	// What every verb that reads captures refuses in the same words.
	for _, verb := range []string{"replay", "export -o out/x", "inspect"} {
		add(exitUsage, verb+" -p nasdaq.itch51 good.pcap", `no profile "nasdaq.itch51"`, "did you mean", "nasdaq.itch50")
		add(exitUsage, verb+" good.pcap", "--profile NAME", "wirebook profiles")
		add(exitUsage, verb+" -p nasdaq.itch50", "no capture files named")
		add(exitUsage, verb+" -p nasdaq.itch50 --date 2026-13-45 good.pcap", "--date", "2026-13-45", "such as 2026-11-21")
		add(exitUsage, verb+" -p nasdaq.itch50 --trailer casio good.pcap", "--trailer", "casio", "metawatch")
		add(exitUsage, verb+" -p nasdaq.itch50 --input-format docx good.pcap", "--input-format", "docx", "pcapng")
		add(exitUsage, verb+" -p nasdaq.itch50 --frobnicate good.pcap", "unknown flag: --frobnicate", "--help")
		add(exitFailed, verb+" -p nasdaq.itch50 nosuch.pcap", "nosuch.pcap", "no such file")
		add(exitFailed, verb+" -p nasdaq.itch50 good.pcap nosuch.pcap", "nosuch.pcap", "no such file")
		add(exitFailed, verb+" -p nasdaq.itch50 folder", "folder: is a directory")
		add(exitFailed, verb+" -p nasdaq.itch50 empty.pcap", "empty.pcap", "the file is empty")
		add(exitFailed, verb+" -p nasdaq.itch50 text.pcap", "text.pcap: not a capture", "dear diary")
		add(exitFailed, verb+" -p nasdaq.itch50 --input-format pcapng good.pcap", "said to be pcapng")
	}
	for _, verb := range []string{"replay", "export -s trades -o out/x"} {
		add(exitFailed, verb+" -p nasdaq.itch50 header.pcap", "no packets in the capture")
		for profile, file := range map[string]string{"nasdaq.itch50": "deep.pcap", "nasdaq.bbo21": "mdp3.pcap", "iex.deep10": "good.pcap", "cme.mdp3": "deep.pcap", "iex.deepplus10": "deep.pcap"} {
			add(exitFailed, verb+" -p "+profile+" "+file, "the capture does not carry", "(profile "+profile+")")
		}
		add(exitUsage, verb+" -p nasdaq.itch50 -c three.yaml good.pcap", "--config and --profile exclude each other")
		add(exitUsage, verb+" -c nosuch.yaml good.pcap", "nosuch.yaml", "no such file")
		add(exitUsage, verb+" -c three.yaml good.pcap",
			`three.yaml: line 3: channels[0].profile: "nasdaq.itch51": no profile`,
			`three.yaml: line 5: channels[0].lines[0].group: "233.54.12.300": must be an IPv4 address`,
			`three.yaml: line 6: channels[0].lines[1].port: 99999: must be 1 to 65535`)
		add(exitUsage, verb+" -c good.pcap good.pcap", "configuration has mistakes")
	}
	add(exitUsage, "run", "--config FILE", "--help")
	add(exitFailed, "run --check --interface lo --config nowhere.yaml", "channel a has no lines, nor has its profile", "channels[0].lines")
	add(exitUsage, "bench --runs 0", "--runs 0", "at least 1")
	add(exitUsage, "bench --messages 0", "--messages 0", "at least 10000")
	add(exitUsage, "send good.pcap", "--interface NAME")
	add(exitUsage, "sim -o out/x.pcap --protocol fix", `--protocol "fix"`, "itch50, deepplus, deep or mdp3")
	add(exitUsage, "replay -p fix44 good.pcap", `no profile "fix44": there are `, "cme.mdp3")
	add(exitUsage, "replay -c twins.yaml good.pcap", "twins.yaml: line 6: channels[0].lines[1].name: A: another line of the channel has this name already")
	add(exitUsage, "replay -p nasdaq.itch50 --speed fast good.pcap", `--speed "fast"`, "a number above 0, or max")
	add(exitUsage, "replay -p nasdaq.itch50 --speed -1 good.pcap", `--speed "-1"`)
	add(exitUsage, "replay -p nasdaq.itch50 --speed nan good.pcap", `--speed "nan"`)
	add(exitUsage, "replay -p nasdaq.itch50 --instance ../up good.pcap", `instance name "../up"`)
	add(exitFailed, "replay -p nasdaq.itch50 --instance strange good.pcap", "strange", "is no instance", "choose another")
	add(exitFailed, "export -c elsewhere.yaml -o out/x good.pcap", "none of", "configured line")
	add(exitFailed, "export -c foreign.yaml -o out/x good.pcap", "no message came out", "another protocol")
	add(exitUsage, "export -p iex.deep10 -o out/x good.pcap", "carries no orders", "--schema mbp-1")
	add(exitUsage, "export -p nasdaq.itch50 --schema mbo2 good.pcap", `schema "mbo2"`, "mbp-10", "statistics")
	add(exitUsage, "export -p nasdaq.itch50 --format xml good.pcap", `format "xml"`, "dbn, csv, json")
	add(exitUsage, "export -p nasdaq.itch50 --dbn-version 1 good.pcap", "DBN version 1")
	add(exitUsage, "export -p nasdaq.itch50 -o nowhere/x.dbn good.pcap", "there is no directory nowhere")
	add(exitUsage, "export -p nasdaq.itch50 -o folder good.pcap", "folder", "is a directory")
	add(exitUsage, "profiles nosuch", `no profile "nosuch"`, "nasdaq.itch50")
	add(exitUsage, "profiles a b", "at most 1 arg")
	add(exitUsage, "frobnicate", `unknown command "frobnicate"`)
	add(exitUsage, "replya x", `unknown command "replya"`, "did you mean replay? (see")
	add(exitUsage, "foo", `unknown command "foo" for "wirebook" (see`)
	add(exitUsage, "replay --symbols A good.pcap", "unknown flag: --symbols: did you mean --symbol? (see 'wirebook replay --help')")
	add(exitUsage, "replay --frobnicate good.pcap", "unknown flag: --frobnicate (see 'wirebook replay --help')")
	add(exitUsage, "replay -p nasdaq.itch51 good.pcap", "did you mean nasdaq.itch50? (")
	add(exitUsage, "sim", "-o FILE")
	add(exitUsage, "sim -o out/x --seconds -1", "--seconds -1")
	add(exitUsage, "sim -o out/x --loss-a 101", "--loss-a 101", "0 to 100 percent")
	add(exitUsage, "sim -o out/x --delay-b -1s", "--delay-b")
	add(exitUsage, "sim -o out/x --down-a 2s-1s", "--down-a")
	add(exitUsage, "sim -o out/x --protocol fix", "fix")
	add(exitUsage, "sim -o out/x --clean out/x", "named for two outputs")
	add(exitFailed, "sim -o nowhere/x.pcap", "there is no directory nowhere")
	add(exitFailed, "sim -o out/x --oracle nowhere/x.json --messages 10", "there is no directory nowhere")
	add(exitFailed, "tail --timeout 0 --instance nope", "no instance nope")
	add(exitFailed, "tail --timeout 1s --instance strange", "control")
	for _, r := range list {
		b.refused(r.code, r.want, strings.Fields(r.args)...)
	}
}

// A capture of another protocol is told by inspect too, after it has shown what there was.
func TestInspectSaysWhatItIsNot(t *testing.T) {
	b := newRig(t)
	for profile, file := range map[string]string{"nasdaq.itch50": "deep.pcap", "iex.tops16": "deep.pcap", "cme.mdp3": "good.pcap"} {
		r := b.run("inspect", "-p", profile, file)
		if r.code != exitFailed || !strings.Contains(r.errors, "wirebook: nothing here is") || !strings.Contains(r.errors, profile) || r.out == "" {
			t.Errorf("%s %s: %d %s", profile, file, r.code, r.errors)
		}
	}
}

// What a file holds before its damage is used, with a warning that says where. A configuration for another protocol is an
// error after the summary, one whose lines are silent in the capture an error.
func TestDamageAndSilence(t *testing.T) {
	b := newRig(t)
	for _, verb := range []string{"replay --no-shm", "export -o out/x.dbn", "inspect"} {
		r := b.run(append(strings.Fields(verb), "-p", "nasdaq.itch50", "cut.pcap")...)
		if r.code != exitFailed || !strings.Contains(r.errors, "warning: cut.pcap: offset ") || !strings.Contains(r.errors, "cut short") {
			t.Errorf("%s: %d %s", verb, r.code, r.errors)
		}
	}
	if len(b.read("out/x.dbn")) < 10_000 {
		t.Error("little came out of half a capture")
	}
	for profile, doubted := range map[string]bool{"nasdaq.itch50": false, "nasdaq.bbo21": true} { // both in MoldUDP64
		r := b.run("replay", "--no-shm", "-p", profile, "good.pcap")
		if r.code != 0 || strings.Contains(r.errors, "are not what "+profile+" says they are") != doubted {
			t.Errorf("%s: %d %s", profile, r.code, r.errors)
		}
	}
	r := b.run("replay", "--no-shm", "--json", "-c", "foreign.yaml", "good.pcap")
	if r.code != exitFailed || !strings.Contains(r.errors, "another protocol") || !strings.Contains(r.out, `"packets"`) {
		t.Errorf("another protocol: %d %s %s", r.code, r.errors, r.out)
	}
	b.refused(exitFailed, []string{"none of", "configured line"}, "replay", "-q", "--no-shm", "-c", "elsewhere.yaml", "good.pcap")
}

func TestInstanceRunningOrNewer(t *testing.T) {
	b := newRig(t)
	first := b.command("replay", "-p", "nasdaq.itch50", "-i", "one", "--speed", "0.001", "good.pcap")
	first.SysProcAttr = &syscall.SysProcAttr{}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { first.Process.Kill(); first.Wait() }()
	deadline := time.Now().Add(20 * time.Second)
	for b.run("tail", "--latest", "--timeout", "100ms", "-i", "one").code != 0 {
		if time.Now().After(deadline) {
			t.Fatal("the first instance does not come up")
		}
	}
	r := b.run("replay", "-q", "-p", "nasdaq.itch50", "-i", "one", "good.pcap")
	if r.code != exitFailed || !strings.Contains(r.errors, "already running") || !strings.Contains(r.errors, fmt.Sprintf("process %d", first.Process.Pid)) || !strings.Contains(r.errors, "--instance") || r.out != "" {
		t.Errorf("second writer: %+v", r)
	}
	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := first.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitStopped {
		t.Errorf("stopped by SIGTERM: %v, want exit code %d", err, exitStopped)
	}
	control := b.read("shm/one/control")
	control[8] = 99 // ABI version
	b.write("shm/newer/control", control)
	b.refused(exitFailed, []string{"ABI version 99", "version 2", "matching builds"}, "tail", "--timeout", "1s", "-i", "newer")
}

// A full disk ends the work with its name, and leaves nothing; so does a full /dev/shm.
func TestFullDisk(t *testing.T) {
	b := newRig(t)
	full := filepath.Join(b.dir, "full")
	if err := os.Mkdir(full, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := mountTiny(full); err != nil {
		t.Skipf("no tiny file system can be mounted here (%v): needs root; this check did not run", err)
	}
	defer func() {
		if err := unmount(full); err != nil {
			t.Errorf("unmount: %v", err)
		}
	}()
	for _, format := range []string{"dbn", "csv", "json"} {
		b.refused(exitFailed, []string{"no space left on device", "full"}, "export", "-p", "nasdaq.itch50", "-s", "mbp-10", "-f", format, "-o", "full/x", "good.pcap")
	}
	b.refused(exitFailed, []string{"write full/x.pcap: no space left on device"}, "sim", "-o", "full/x.pcap", "--messages", "100000")
	b.env = append(b.env, "WIREBOOK_SHM="+full)
	r := b.run("replay", "-q", "-p", "nasdaq.itch50", "good.pcap")
	if r.code != exitFailed || !strings.Contains(r.errors, "not enough shared memory") || !strings.Contains(r.errors, "choose fewer ring slots") || r.out != "" {
		t.Errorf("full shared memory: %+v", r)
	}
	if left, err := os.ReadDir(full); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// Stopped in the middle, an export leaves nothing; a reader of its output that goes away is no error.
func TestStoppedExport(t *testing.T) {
	b := newRig(t)
	if r := b.run("sim", "-o", "long.pcap", "--messages", "600000", "--seconds", "0"); r.code != 0 {
		t.Fatal(r.errors)
	}
	before := b.files()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		c := b.command("export", "-p", "nasdaq.itch50", "-s", "mbp-10", "-o", "out/x.dbn", "long.pcap")
		var errs bytes.Buffer
		c.Stderr = &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Millisecond)
		_ = c.Process.Signal(signal)
		if err := c.Wait(); err == nil {
			t.Skip("the machine is faster than the signal; this check did not run")
		}
		if signal == syscall.SIGTERM && (c.ProcessState.ExitCode() != exitStopped || !strings.Contains(errs.String(), "nothing was written")) {
			t.Errorf("stopped: %v %s", c.ProcessState, errs.String())
		}
		if after := b.files(); after != before {
			t.Errorf("%v: files were\n%s\nand are\n%s", signal, before, after)
		}
	}
	for _, args := range []string{"export -p nasdaq.itch50 -f csv good.pcap", "inspect -p nasdaq.itch50 good.pcap", "export -p nasdaq.itch50 good.pcap"} {
		c := b.command(strings.Fields(args)...)
		var errs bytes.Buffer
		c.Stderr = &errs
		out, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		out.Close()
		if err := c.Wait(); err != nil || strings.Contains(errs.String(), "wirebook: ") {
			t.Errorf("%s into a closed pipe: %v %s", args, err, errs.String())
		}
	}
	if after := b.files(); after != before {
		t.Errorf("closed pipe: files were\n%s\nand are\n%s", before, after)
	}
}
