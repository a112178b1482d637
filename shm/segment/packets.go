package segment

import (
	"time"

	"wirebook/shm"
)

// PacketReader follows the packets rings of an instance, through restarts of the writer, as Reader does the rings of a
// schema. It belongs to one goroutine.
type PacketReader struct{ r *Reader }

// OpenPackets opens an instance. ReaderOptions.Schema is not looked at. Errors: ErrNotFound when there is no instance or it has no
// packets ring, which is off unless asked for.
func OpenPackets(opts ReaderOptions) (*PacketReader, error) {
	opts.Schema = shm.SchemaPackets
	r, err := openReader(opts)
	if err != nil {
		return nil, err
	}
	return &PacketReader{r}, nil
}

// Next looks once at each ring, from the one after the last, and copies one record: Header and Payload are it until the
// next call. Worker, At, Position and Lost then speak of the ring the result came from.
func (p *PacketReader) Next() shm.Result { return p.r.Next(nil) }

// Wait is Next that waits at most timeout for something other than Empty, as ReaderOptions.Wait says.
func (p *PacketReader) Wait(timeout time.Duration) shm.Result { return p.r.wait(p.Next, timeout) }

// Ring returns the ring the last result came from.
func (p *PacketReader) Ring() *shm.PacketReader { return p.r.sources[p.r.current].packets }

// Header returns the header of the record that Next copied.
func (p *PacketReader) Header() *shm.PacketHeader { return p.Ring().Header() }

// Payload returns the payload of the record that Next copied, until the next call.
func (p *PacketReader) Payload() []byte { return p.Ring().Payload() }

// At returns the position of the record that Next copied.
func (p *PacketReader) At() uint64 { return p.Ring().At() }

// Position returns the position of the next record of the last result's ring.
func (p *PacketReader) Position() uint64 { return p.Ring().Position() }

// Lost returns how many bytes the last Lapped skipped.
func (p *PacketReader) Lost() uint64 { return p.Ring().Lost() }

// Missed returns how many bytes were overwritten before this reader could begin, as Reader.Missed does.
func (p *PacketReader) Missed() uint64 { return p.r.Missed() }

// Worker returns whose ring the last result came from.
func (p *PacketReader) Worker() int { return p.r.Worker() }

// Control returns the control file. It is unmapped when the reader follows a restart: ask again after NewEpoch.
func (p *PacketReader) Control() *shm.ControlView { return p.r.Control() }

// Stale is Reader.Stale.
func (p *PacketReader) Stale() bool { return p.r.Stale() }

// WriterAlive says whether the writer's process runs, in this PID namespace.
func (p *PacketReader) WriterAlive() bool { return p.r.WriterAlive() }

// Close unmaps everything.
func (p *PacketReader) Close() { p.r.Close() }
