//go:build !linux

package segment

import "os"

type folder struct {
	fd   int
	path string
	node node
}

func openFolder(string, access, ...uint32) (*folder, error) { return nil, ErrUnsupported }

func (f *folder) sub(string, access) (*folder, error)            { return nil, ErrUnsupported }
func (f *folder) open(string, int, uint32) (*os.File, error)     { return nil, ErrUnsupported }
func (f *folder) openOwn(string, int) (*os.File, error)          { return nil, ErrUnsupported }
func (f *folder) openGroups(string, int) (*os.File, error)       { return nil, ErrUnsupported }
func (f *folder) chmod(string, uint32) error                     { return ErrUnsupported }
func (f *folder) follow(string, access) (*folder, string, error) { return nil, "", ErrUnsupported }
func (f *folder) openRead(string) (*mapping, error)              { return nil, ErrUnsupported }
func (f *folder) make(string, int) error                         { return ErrUnsupported }
func (f *folder) names() ([]string, error)                       { return nil, ErrUnsupported }
func (f *folder) stat(string) (node, error)                      { return node{}, ErrUnsupported }
func (f *folder) rename(string, string) error                    { return ErrUnsupported }
func (f *folder) symlink(string, string) error                   { return ErrUnsupported }
func (f *folder) remove(string) error                            { return ErrUnsupported }
func (f *folder) removeDir(string) error                         { return ErrUnsupported }
func (f *folder) readlink(string) string                         { return "" }
func (f *folder) close()                                         {}

func nodeOf(int) (node, error) { return node{}, ErrUnsupported }
