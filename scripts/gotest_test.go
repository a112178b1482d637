// Package scripts has no code: its tests run the scripts beside them.
package scripts

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gotest runs the script with a go of its own, which says what the shell lines say.
func gotest(t *testing.T, lines string, env ...string) *exec.Cmd {
	t.Helper()
	for _, tool := range []string{"sh", "awk", "tee"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s: the script was not tested", tool)
		}
	}
	fake := filepath.Join(t.TempDir(), "go")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\n"+lines), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "./gotest", "./...")
	cmd.Env = append(append(os.Environ(), "GO="+fake, "REQUIRE_ALL=0"), env...)
	return cmd
}

// A package is told when it ends, while the next one runs.
func TestGotestLives(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate")
	cmd := gotest(t, `printf '=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \tp/a\t0.1s\n'
until [ -e `+gate+` ]; do sleep 0.05; done
printf 'ok  \tp/b\t0.1s\n'
`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); err != nil || line != "ok  \tp/a\t0.1s\n" { // comes before the gate opens, or never
		t.Errorf("%q, %v", line, err)
	}
	if err := os.WriteFile(gate, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "ok  \tp/b\t0.1s\n" {
		t.Errorf("then %q", rest)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// What failed stands last, with what it said; what passed beside it says nothing.
func TestGotestEndsWithTheReason(t *testing.T) {
	out, err := gotest(t, `cat <<'END'
# p/c
c/c.go:1: no such thing
=== RUN   TestGood
    a_test.go:1: chatter
--- PASS: TestGood (0.00s)
=== RUN   TestBad
=== RUN   TestBad/one
    a_test.go:2: got 1, want 2
=== RUN   TestBad/two
    a_test.go:3: more chatter
--- FAIL: TestBad (0.00s)
    --- FAIL: TestBad/one (0.00s)
    --- PASS: TestBad/two (0.00s)
=== RUN   TestAway
    a_test.go:4: no device
--- SKIP: TestAway (0.00s)
=== RUN   TestDies
panic: at the disco
FAIL	p/a	0.1s
=== RUN   TestFine
--- PASS: TestFine (0.00s)
PASS
ok  	p/b	0.1s
FAIL	p/c [build failed]
FAIL
END
exit 1
`).Output()
	want := `FAIL	p/a	0.1s
ok  	p/b	0.1s
FAIL	p/c [build failed]

Did not run here:
  TestAway: a_test.go:4: no device

p/a failed:
    a_test.go:2: got 1, want 2
    --- FAIL: TestBad/one (0.00s)
--- FAIL: TestBad (0.00s)
panic: at the disco

The build failed:
# p/c
c/c.go:1: no such thing
`
	if err == nil || string(out) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
}

// REQUIRE_ALL fails a run for a skip, and names it; not for what no machine need have.
func TestGotestRequireAll(t *testing.T) {
	skip := func(reason string) string {
		return "printf '=== RUN   TestX\\n    x_test.go:1: " + reason + "\\n--- SKIP: TestX (0.00s)\\nPASS\\nok  \\tp/x\\t0.1s\\n'\n"
	}
	out, err := gotest(t, skip("no device"), "REQUIRE_ALL=1").Output()
	if err == nil || !strings.HasSuffix(string(out), "\nREQUIRE_ALL is set: a skipped check fails the run:\n  TestX: x_test.go:1: no device\n") {
		t.Errorf("%v\n%s", err, out)
	}
	for reason, env := range map[string]string{"no device": "REQUIRE_ALL=0", "captures absent": "REQUIRE_ALL=1", "no VLAN interfaces": "REQUIRE_ALL=1"} {
		if out, err := gotest(t, skip(reason), env).Output(); err != nil || !strings.Contains(string(out), "Did not run here:\n  TestX: x_test.go:1: "+reason) {
			t.Errorf("%s, %s: %v\n%s", reason, env, err, out)
		}
	}
}
