package control

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
)

// TestTheGroupMayRead: every file of an instance is the configured group's to read, and nobody else's.
func TestTheGroupMayRead(t *testing.T) {
	group, gid := "", os.Getgid()
	if os.Geteuid() == 0 {
		group, gid = "1", 1 // any but root's own
	}
	c, err := config.Parse("test.yaml", []byte("instance: test\ngroup: \""+group+"\"\nchannels: [{name: a, profile: nasdaq.itch50}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	ch, err := c.Channels[0].Build()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	i, err := Create(c, []feedhandler.ChannelConfig{ch}, Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close(1)
	files := 0
	err = filepath.WalkDir(i.Dir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o640)
		if d.Name() == "lock" {
			return nil // the writers' own
		}
		if d.IsDir() {
			want = 0o750
		} else {
			files++
		}
		if got := int(info.Sys().(*syscall.Stat_t).Gid); got != gid || info.Mode().Perm() != want {
			t.Errorf("%s: group %d, mode %o; want %d, %o", path, got, info.Mode().Perm(), gid, want)
		}
		return nil
	})
	if err != nil || files < 5 {
		t.Fatalf("%d files: %v", files, err)
	}
	c.Group = "no such group"
	if _, err := Create(c, []feedhandler.ChannelConfig{ch}, Options{Root: t.TempDir()}); err == nil {
		t.Error("a group that does not exist is taken")
	}
}
