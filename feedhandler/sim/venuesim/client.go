package venuesim

import (
	"errors"
	"io"
	"net"
	"time"
)

// client is one TCP connection, with the fault that its occasion got.
type client struct {
	*post
	conn  net.Conn
	fault Fault
	in    []byte // read and not yet used
	read  []byte
}

var errBroken = errors.New("the connection was broken off by order")

func newClient(p *post, conn net.Conn) *client {
	return &client{post: p, conn: conn, read: make([]byte, 64<<10)}
}

// sendWait is how long a client may leave what it is sent unread before it is cut off.
const sendWait = 10 * time.Second

// send writes bytes, one at a time where that is the fault.
func (c *client) send(b []byte) error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(sendWait))
	step := len(b)
	if c.fault == Split {
		step = 1
	}
	for at := 0; at < len(b); at += step {
		if _, err := c.conn.Write(b[at : at+step]); err != nil {
			return err
		}
	}
	return nil
}

// breakOff sends the beginning of a frame and closes the connection.
func (c *client) breakOff(frame []byte) error {
	_ = c.send(frame[:len(frame)/2])
	c.conn.Close()
	return errBroken
}

// fill reads until at least n bytes wait, or until the deadline.
func (c *client) fill(n int, wait time.Duration) error {
	_ = c.conn.SetReadDeadline(time.Now().Add(wait))
	for len(c.in) < n {
		k, err := c.conn.Read(c.read)
		c.in = append(c.in, c.read[:k]...)
		if err != nil {
			return err
		}
	}
	return nil
}

// take hands out n bytes that wait.
func (c *client) take(n int) []byte {
	b := c.in[:n:n]
	c.in = c.in[n:]
	return b
}

// dumb keeps the connection without a word until the client goes, or is given up.
func (c *client) dumb() {
	_ = c.conn.SetReadDeadline(time.Now().Add(c.cfg.ClientSilence))
	_, _ = io.Copy(io.Discard, c.conn)
}

// isTimeout says that a read ended for want of bytes.
func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
