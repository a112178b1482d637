package segment

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/shm"
)

func strangersOptions(root, name string) Options {
	return Options{Root: root, Name: name, Rings: []RingSpec{{Schema: shm.SchemaMBO, Slots: 16}}}
}

// TestNobodysFilesAreTouched: an instance name may be a link, or a directory that is somebody's.
func TestNobodysFilesAreTouched(t *testing.T) {
	root := t.TempDir()
	elsewhere := t.TempDir()
	precious := filepath.Join(elsewhere, "precious.txt")
	write := func(path string) {
		t.Helper()
		if err := os.WriteFile(path, []byte("keep"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(precious)
	if err := os.Symlink(elsewhere, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	project := filepath.Join(root, "project")
	if err := os.Mkdir(project, 0o700); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(project, "notes.txt"))
	for _, name := range []string{"link", "project"} {
		if inst, err := Create(strangersOptions(root, name)); err == nil {
			inst.Close()
			t.Errorf("%s was taken for an instance", name)
		}
		if err := Remove(root, name); err == nil {
			t.Errorf("%s was removed as an instance", name)
		}
	}
	// Inside a real instance, files that are not ours by name and magic stay.
	inst, err := Create(strangersOptions(root, "real"))
	if err != nil {
		t.Fatal(err)
	}
	inst.Close()
	write(filepath.Join(root, "real", "notes.txt"))
	write(filepath.Join(root, "real", "mbp-1-0.ring"))
	inst, err = Create(strangersOptions(root, "real"))
	if err != nil {
		t.Fatal(err)
	}
	inst.Close()
	for _, path := range []string{precious, filepath.Join(project, "notes.txt"), filepath.Join(root, "real", "notes.txt"), filepath.Join(root, "real", "mbp-1-0.ring")} {
		if text, err := os.ReadFile(path); err != nil || string(text) != "keep" {
			t.Errorf("%s: %q %v", path, text, err)
		}
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "lock")); err == nil {
		t.Error("files were made behind a link")
	}
}

// TestAnotherABIIsRefused: an instance of a newer version may have readers that we would cut off.
func TestAnotherABIIsRefused(t *testing.T) {
	root := t.TempDir()
	inst, err := Create(strangersOptions(root, "newer"))
	if err != nil {
		t.Fatal(err)
	}
	inst.Close()
	path := filepath.Join(root, "newer", controlFile)
	control, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	control[8] = 99 // the ABI version follows the magic
	if err := os.WriteFile(path, control, 0o640); err != nil {
		t.Fatal(err)
	}
	if inst, err := Create(strangersOptions(root, "newer")); err == nil {
		inst.Close()
		t.Fatal("an instance of ABI 99 was taken over")
	} else if !strings.Contains(err.Error(), "ABI 99") {
		t.Fatalf("the error does not name the version: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(after, control) {
		t.Fatal("the refused instance was changed")
	}
}
