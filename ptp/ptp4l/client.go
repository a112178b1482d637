package ptp4l

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/facebook/time/ptp/protocol"
)

// Client asks one daemon. It connects when it is needed and again after the daemon restarted. It belongs to one goroutine.
type Client struct {
	options Options
	conn    *net.UnixConn
	local   string // path of our socket
	mgmt    protocol.MgmtClient
	past    past
	now     func() time.Time
}

// New returns a Client; it does not connect yet.
func New(o Options) *Client {
	if o.Timeout <= 0 {
		o.Timeout = 300 * time.Millisecond
	}
	if o.MaxOffset <= 0 {
		o.MaxOffset = time.Millisecond
	}
	if o.SyncTimeout <= 0 {
		o.SyncTimeout = 5 * time.Second
	}
	return &Client{options: o, now: time.Now}
}

// Close closes the connection and removes our socket.
func (c *Client) Close() error {
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	os.Remove(c.local)
	c.conn, c.past = nil, past{}
	return err
}

// failure is an error with the Health it means.
type failure struct {
	health Health
	why    string
}

func (f *failure) Error() string { return f.why }

func fail(h Health, format string, args ...any) error {
	return &failure{h, fmt.Sprintf(format, args...)}
}

// socket returns the path to ask at.
func (c *Client) socket() string {
	if c.options.Socket != "" {
		return c.options.Socket
	}
	for _, path := range DefaultSockets {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return DefaultSockets[len(DefaultSockets)-1]
}

var clients atomic.Uint64

// connect binds a path of our own, since the daemon answers to the address a request came from, and connects to the
// daemon's, so that nobody else's datagrams come in.
func (c *Client) connect() error {
	if c.conn != nil {
		return nil
	}
	path := c.socket()
	remote := &net.UnixAddr{Name: path, Net: "unixgram"}
	dirs := []string{filepath.Dir(path), os.TempDir()}
	if c.options.LocalDir != "" {
		dirs = []string{c.options.LocalDir}
	}
	var err error
	for _, dir := range dirs {
		local := filepath.Join(dir, "wirebook-ptp-"+strconv.Itoa(os.Getpid())+"-"+strconv.FormatUint(clients.Add(1), 10))
		os.Remove(local)
		var conn *net.UnixConn
		if conn, err = net.DialUnix("unixgram", &net.UnixAddr{Name: local, Net: "unixgram"}, remote); err == nil {
			os.Chmod(local, 0o660)
			c.conn, c.local, c.past = conn, local, past{}
			c.mgmt = protocol.MgmtClient{Connection: conn, Sequence: c.mgmt.Sequence}
			c.mgmt.SetDomainNumber(c.options.Domain)
			return nil
		}
		os.Remove(local)
		if _, statErr := os.Stat(path); statErr != nil {
			err = statErr
			break
		}
	}
	return c.unreachable(path, err)
}

func (c *Client) unreachable(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(Missing, "no socket at %s: ptp4l does not run, or listens elsewhere (uds_address in its configuration)", path)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTCONN), errors.Is(err, syscall.ECONNRESET):
		return fail(Missing, "nobody behind %s: ptp4l has ended and left its socket", path)
	case errors.Is(err, fs.ErrPermission):
		return fail(Denied, "no rights on %s: run as root, or use ptp4l's read-only socket (uds_ro_address and uds_ro_file_mode, linuxptp 4)", path)
	case errors.Is(err, syscall.EPROTOTYPE), errors.Is(err, syscall.ENOTSOCK):
		return fail(Lying, "%s is not a datagram socket: it is not ptp4l's", path)
	}
	return fail(Missing, "connecting to %s: %v", path, err)
}

// maxAnswer is more than the largest datagram ptp4l sends.
const maxAnswer = 4096

// get sends one GET and collects want answers to it. A daemon that refuses gives an answer with failed set.
func (c *Client) get(id protocol.ManagementID, want int, deadline time.Time) ([]answer, error) {
	if err := c.conn.SetDeadline(deadline); err != nil {
		return nil, c.unreachable(c.socket(), err)
	}
	if err := c.mgmt.SendPacket(request(id)); err != nil {
		if timedOut(err) {
			return nil, fail(Silent, "%s takes no more requests: ptp4l hangs or is stopped", c.socket())
		}
		return nil, c.unreachable(c.socket(), err)
	}
	var list []answer
	for len(list) < want {
		buf := make([]byte, maxAnswer)
		n, err := c.conn.Read(buf)
		if timedOut(err) {
			if len(list) > 0 {
				return list, nil
			}
			return nil, fail(Silent, "no answer from %s within %v: ptp4l hangs or is stopped, or its domain is not %d",
				c.socket(), c.options.Timeout, c.options.Domain)
		}
		if err != nil {
			return nil, c.unreachable(c.socket(), err)
		}
		a, sequence, err := parse(buf[:n])
		if err != nil {
			return nil, fail(Lying, "%s: %v", c.socket(), err)
		}
		if late := c.mgmt.Sequence - sequence; late != 0 {
			if late < 256 {
				continue // of a request that was given up
			}
			return nil, fail(Lying, "%s answers request %d with number %d", c.socket(), c.mgmt.Sequence, sequence)
		}
		if a.id != id {
			return nil, fail(Lying, "%s answers with data set 0x%04x when asked for 0x%04x", c.socket(), uint16(a.id), uint16(id))
		}
		list = append(list, a)
		if a.failed != 0 {
			break
		}
	}
	return list, nil
}

func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
