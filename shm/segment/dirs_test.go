package segment

import "os"

func mkShmDir() (string, error) { return os.MkdirTemp("/dev/shm", "wirebook-test-") }
func removeAll(dir string)      { os.RemoveAll(dir) }
