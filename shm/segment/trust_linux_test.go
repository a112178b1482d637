package segment

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wirebook/shm"
)

// Users that need no account: what matters is that they are not root.
const (
	mallory = 4242
	alice   = 4243
)

// commonGround is a folder in shared memory that every user may come to, and in it one that is everybody's, as /dev/shm is.
func commonGround(t *testing.T) (ground, everybodys string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to be several users; this check did not run")
	}
	ground = shmRoot(t)
	everybodys = filepath.Join(ground, "everybodys")
	mode(t, ground, 0o755)
	if err := os.Mkdir(everybodys, 0o700); err != nil {
		t.Fatal(err)
	}
	mode(t, everybodys, fs.ModeSticky|0o777)
	return ground, everybodys
}

func mode(t *testing.T, path string, m fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, m); err != nil {
		t.Fatal(err)
	}
}

func owner(t *testing.T, path string, uid int) {
	t.Helper()
	if err := os.Lchown(path, uid, uid); err != nil {
		t.Fatal(err)
	}
}

// ownerOfAll gives a tree to a user, readable by all.
func ownerOfAll(t *testing.T, top string, uid int) {
	t.Helper()
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		owner(t, path, uid)
		if d.IsDir() {
			mode(t, path, 0o755)
		} else {
			mode(t, path, 0o644)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func folderOf(t *testing.T, path string, uid int) string {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	owner(t, path, uid)
	return path
}

// TestWriterKeepsOutOfStrangersFolders: what root writes into was made by root.
func TestWriterKeepsOutOfStrangersFolders(t *testing.T) {
	for _, c := range []struct {
		name string
		// lay prepares what a stranger did and returns the folder of instances; precious is a file that nothing may touch.
		lay  func(t *testing.T, ground, everybodys, precious string) string
		want string // "" where it is right
	}{
		{"nothing is there", func(t *testing.T, _, everybodys, _ string) string { return filepath.Join(everybodys, "wirebook") }, ""},
		{"a stranger made the folder first", func(t *testing.T, _, everybodys, _ string) string {
			return folderOf(t, filepath.Join(everybodys, "wirebook"), mallory)
		}, "belongs to uid 4242"},
		{"a stranger's link", func(t *testing.T, ground, everybodys, precious string) string {
			link := filepath.Join(everybodys, "wirebook")
			if err := os.Symlink(filepath.Dir(precious), link); err != nil {
				t.Fatal(err)
			}
			owner(t, link, mallory)
			return link
		}, "belongs to uid 4242"},
		{"root's link", func(t *testing.T, ground, everybodys, _ string) string {
			link := filepath.Join(everybodys, "wirebook")
			if err := os.Symlink("../there", link); err != nil {
				t.Fatal(err)
			}
			folderOf(t, filepath.Join(ground, "there"), 0)
			return link
		}, ""},
		{"a stranger's folder above", func(t *testing.T, ground, _, _ string) string {
			return folderOf(t, filepath.Join(folderOf(t, filepath.Join(ground, "home"), mallory), "wirebook"), 0)
		}, "belongs to uid 4242"},
		{"everybody may write in a folder above", func(t *testing.T, ground, _, _ string) string {
			above := folderOf(t, filepath.Join(ground, "loose"), 0)
			mode(t, above, 0o777)
			return filepath.Join(above, "wirebook")
		}, "chmod go-w"},
		{"the instance is a stranger's", func(t *testing.T, ground, _, _ string) string {
			base := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			folderOf(t, filepath.Join(base, "test"), mallory)
			return base
		}, "belongs to uid 4242"},
		{"the instance is a link", func(t *testing.T, ground, _, precious string) string {
			base := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			if err := os.Symlink(filepath.Dir(precious), filepath.Join(base, "test")); err != nil {
				t.Fatal(err)
			}
			return base
		}, "not a directory of its own"},
		{"the lock is a link", func(t *testing.T, ground, _, precious string) string {
			base := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			if err := os.Symlink(precious, filepath.Join(folderOf(t, filepath.Join(base, "test"), 0), lockFile)); err != nil {
				t.Fatal(err)
			}
			return base
		}, "too many levels"},
		{"the lock has a second name", func(t *testing.T, ground, _, precious string) string {
			base := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			if err := os.Link(precious, filepath.Join(folderOf(t, filepath.Join(base, "test"), 0), lockFile)); err != nil {
				t.Fatal(err)
			}
			return base
		}, "has 2 names"},
		{"files are links", func(t *testing.T, ground, _, precious string) string {
			base := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			dir := folderOf(t, filepath.Join(base, "test"), 0)
			for _, name := range []string{controlFile, controlFile + newSuffix, "mbo-0.ring", "mbo-7.ring", latestFile} {
				if err := os.Symlink(precious, filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, lockFile), nil, 0o640); err != nil {
				t.Fatal(err)
			}
			return base
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ground, everybodys := commonGround(t)
			precious := filepath.Join(folderOf(t, filepath.Join(ground, "precious"), 0), "file")
			text := strings.Repeat("keep", 4096)
			if err := os.WriteFile(precious, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			root := c.lay(t, ground, everybodys, precious)
			free := Free(root, "test")
			inst, err := Create(small(root))
			if err == nil {
				inst.Close()
			}
			if c.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if untrusted := errors.Is(err, ErrUntrusted); untrusted != errors.Is(free, ErrUntrusted) && !strings.Contains(c.name, "lock") {
				t.Errorf("Create says %v, Free before it %v", err, free)
			}
			if got, err := os.ReadFile(precious); err != nil || string(got) != text {
				t.Errorf("somebody's file was changed: %d bytes, %v", len(got), err)
			}
			if got := files(t, filepath.Dir(precious)); got != "file" {
				t.Errorf("files were made behind a link: %s", got)
			}
			if c.want != "" && files(t, filepath.Join(root, "test")) == "admin-0.ring control latest lock mbo-0.ring mbo-1.ring" {
				t.Error("the files were made all the same")
			}
		})
	}
}

// believers open a ring as a user and say what they found: nothing where they believe it.
func believers(t *testing.T, ground string) map[string]func(uid int, root string) string {
	run := func(cmd *exec.Cmd) string {
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(pipe).ReadString('\n')
		if line == "ready\n" {
			cmd.Process.Kill()
			cmd.Wait()
			return ""
		}
		cmd.Wait()
		return line + said.String()
	}
	as := func(uid int, name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}, Pdeathsig: syscall.SIGKILL}
		return cmd
	}
	all := map[string]func(uid int, root string) string{}
	binary := filepath.Join(ground, "go-reader")
	if err := os.Link(os.Args[0], binary); err != nil {
		b, err := os.ReadFile(os.Args[0])
		if err == nil {
			err = os.WriteFile(binary, b, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	all["go"] = func(uid int, root string) string {
		cmd := as(uid, binary)
		cmd.Env = append(os.Environ(), "WIREBOOK_TEST_CHILD=open,"+root)
		return run(cmd)
	}
	names := func(root string) []string {
		return []string{filepath.Join(root, "test", "mbo-0.ring"), filepath.Join(root, "test", latestFile), filepath.Join(root, "test", controlFile)}
	}
	if cc, err := exec.LookPath("cc"); err == nil {
		reader := filepath.Join(ground, "c-reader")
		if out, err := exec.Command(cc, "-std=c99", "-O1", "-I", "../include", "-o", reader, "../testdata/c/reader.c").CombinedOutput(); err != nil {
			t.Fatalf("compile: %v\n%s", err, out)
		}
		all["c"] = func(uid int, root string) string { return run(as(uid, reader, names(root)...)) }
	} else {
		t.Log("no C compiler (cc): the C reader was not tested")
	}
	if py, err := exec.LookPath("python3"); err == nil {
		module, err := filepath.Abs("../python")
		if err != nil {
			t.Fatal(err)
		}
		// The interpreter may be where another user may not read: it becomes that user when it has read all it needs.
		const script = `import sys, os; sys.path.insert(0, sys.argv[1]); import wirebook
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
wirebook.Ring(sys.argv[3]); wirebook.Latest(sys.argv[4]); wirebook.Control(sys.argv[5]); print("ready", flush=True)`
		all["python"] = func(uid int, root string) string {
			return run(exec.Command(py, append([]string{"-B", "-c", script, module, fmt.Sprint(uid)}, names(root)...)...))
		}
	} else {
		t.Log("no python3: the Python reader was not tested")
	}
	return all
}

// TestReadersBelieveWhoMayWrite: the books of whoever came first to a place that is everybody's are not believed, in any
// language.
func TestReadersBelieveWhoMayWrite(t *testing.T) {
	ground, _ := commonGround(t)
	readers := believers(t, ground)
	instance := func(t *testing.T, root string, uid int) {
		create(t, small(root)).Close()
		ownerOfAll(t, filepath.Join(root, "test"), uid)
	}
	for _, c := range []struct {
		name string
		lay  func(t *testing.T, ground, everybodys string) string
		want map[int]string // by reader; "" where it is believed
	}{
		{"root's, where root makes folders", func(t *testing.T, ground, _ string) string {
			root := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			instance(t, root, 0)
			return root
		}, map[int]string{0: "", alice: ""}},
		{"root's in a place that is everybody's", func(t *testing.T, _, everybodys string) string {
			root := folderOf(t, filepath.Join(everybodys, "wirebook"), 0)
			instance(t, root, 0)
			return root
		}, map[int]string{0: "", alice: ""}},
		{"a service's, in the folder that root made for it", func(t *testing.T, _, everybodys string) string {
			root := folderOf(t, filepath.Join(everybodys, "wirebook"), 0)
			instance(t, root, mallory)
			return root
		}, map[int]string{0: "", alice: "", mallory: ""}},
		{"a stranger's, who came first", func(t *testing.T, _, everybodys string) string {
			root := folderOf(t, filepath.Join(everybodys, "wirebook"), 0)
			instance(t, root, mallory)
			owner(t, root, mallory)
			return root
		}, map[int]string{0: "uid 4242", alice: "uid 4242", mallory: ""}},
		{"a stranger's instance, where everybody may make one", func(t *testing.T, ground, everybodys string) string {
			made := folderOf(t, filepath.Join(ground, "made"), 0)
			instance(t, made, mallory)
			if err := os.Rename(filepath.Join(made, "test"), filepath.Join(everybodys, "test")); err != nil {
				t.Fatal(err)
			}
			return everybodys
		}, map[int]string{0: "uid 4242", alice: "uid 4242", mallory: ""}},
		{"a stranger's link to real books", func(t *testing.T, ground, everybodys string) string {
			real := folderOf(t, filepath.Join(ground, "real"), 0)
			instance(t, real, 0)
			link := filepath.Join(everybodys, "wirebook")
			if err := os.Symlink(real, link); err != nil {
				t.Fatal(err)
			}
			owner(t, link, mallory)
			return link
		}, map[int]string{0: "uid 4242", alice: "uid 4242"}},
		{"root's link", func(t *testing.T, ground, everybodys string) string {
			instance(t, folderOf(t, filepath.Join(ground, "real"), 0), 0)
			link := filepath.Join(everybodys, "wirebook")
			if err := os.Symlink("../real", link); err != nil {
				t.Fatal(err)
			}
			return link
		}, map[int]string{0: "", alice: ""}},
		{"a folder that everybody may write, without the sticky bit", func(t *testing.T, ground, _ string) string {
			root := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			instance(t, root, 0)
			mode(t, root, 0o777)
			return root
		}, map[int]string{0: "others than its owner", alice: "others than its owner"}},
		{"one file is another user's", func(t *testing.T, ground, _ string) string {
			root := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			instance(t, root, 0)
			owner(t, filepath.Join(root, "test", "mbo-0.ring"), mallory)
			return root
		}, map[int]string{0: "belongs to", alice: "belongs to"}},
		{"a ring behind a link, as on huge pages", func(t *testing.T, ground, everybodys string) string {
			root := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			instance(t, root, mallory)
			ringElsewhere(t, root, folderOf(t, filepath.Join(everybodys, "wirebook-test"), mallory))
			return root
		}, map[int]string{0: "", alice: "", mallory: ""}},
		{"a ring behind a link, where another made the folder", func(t *testing.T, ground, everybodys string) string {
			root := folderOf(t, filepath.Join(ground, "wirebook"), 0)
			instance(t, root, 0)
			ringElsewhere(t, root, folderOf(t, filepath.Join(everybodys, "wirebook-test"), mallory))
			return root
		}, map[int]string{0: "uid 4242", alice: "uid 4242"}},
		{"a user's own folder, named by who reads", func(t *testing.T, ground, _ string) string {
			root := folderOf(t, filepath.Join(folderOf(t, filepath.Join(ground, "home"), 0), "bob"), 0)
			instance(t, root, mallory)
			owner(t, root, mallory)
			return root
		}, map[int]string{alice: "", mallory: ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := c.lay(t, commonGroundIn(t, ground), filepath.Join(ground, strings.ReplaceAll(t.Name(), "/", "-"), "everybodys"))
			for uid, want := range c.want {
				for language, read := range readers {
					if said := read(uid, root); (want == "") != (said == "") || !strings.Contains(said, want) {
						t.Errorf("%s reader, uid %d: %q, want %q", language, uid, said, want)
					}
				}
			}
		})
	}
}

// ringElsewhere puts a ring into a folder, with its owner, and a link in its place.
func ringElsewhere(t *testing.T, root, dir string) {
	t.Helper()
	at, to := filepath.Join(root, "test", "mbo-0.ring"), filepath.Join(dir, "mbo-0.ring.1")
	err := os.Rename(at, to)
	if err == nil {
		err = os.Symlink(to, at)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// commonGroundIn is the same in a folder of the test's own.
func commonGroundIn(t *testing.T, ground string) string {
	t.Helper()
	dir := folderOf(t, filepath.Join(ground, strings.ReplaceAll(t.Name(), "/", "-")), 0)
	everybodys := folderOf(t, filepath.Join(dir, "everybodys"), 0)
	mode(t, everybodys, fs.ModeSticky|0o777)
	return dir
}

// openOnce is the Go reader of TestReadersBelieveWhoMayWrite.
func openOnce(root string) error {
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO})
	if err != nil {
		return err
	}
	r.Close()
	if _, err := List(root); err != nil {
		return err
	}
	fmt.Println("ready")
	return nil
}

// TestAPrivateFolderMayBeLoose: what nobody else can reach, nobody else can have put there, whatever the umask left.
func TestAPrivateFolderMayBeLoose(t *testing.T) {
	ground, _ := commonGround(t)
	mine := folderOf(t, filepath.Join(ground, "mine"), 0)
	mode(t, mine, 0o700)
	root := folderOf(t, filepath.Join(mine, "wirebook"), 0)
	mode(t, root, 0o775)
	inst := create(t, small(root))
	defer inst.Close()
	if v, err := Open(root, "test"); err != nil {
		t.Error(err)
	} else {
		v.Close()
	}
}
