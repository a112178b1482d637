package shm

import "sync/atomic"

// Sizes in the readers file.
const (
	sizeDoorbell    = 64
	sizeReaderEntry = 256
)

// ReadersConfig shapes a readers file.
type ReadersConfig struct {
	Entries   uint32 // 1 to MaxReaders
	Doorbells uint32 // 1 to MaxDoorbells: one a worker, those beyond have none
	Epoch     uint64
}

// ReadersBytes returns the bytes a readers file of cfg needs.
func ReadersBytes(cfg ReadersConfig) int {
	return HeaderBytes + int(cfg.Doorbells)*sizeDoorbell + int(cfg.Entries)*sizeReaderEntry
}

// ReadersFile is a readers file in memory. Its words may change at any time, by anybody who may read the rings; the places
// come from the header as it was checked.
type ReadersFile struct {
	state   *uint32 // the words alone: a pointer to the header would be looked at where only an address is wanted
	round   *uint32
	bells   []DoorbellLine
	entries []ReaderEntry
	mem     []byte
}

// NewReadersFile lays out a readers file in mem, which is 8-aligned and ReadersBytes(cfg) long.
func NewReadersFile(mem []byte, cfg ReadersConfig) (*ReadersFile, error) {
	switch {
	case cfg.Entries < 1 || cfg.Entries > MaxReaders:
		return nil, fail("readers file", utoa(uint64(cfg.Entries)), " entries, must be 1 to ", utoa(MaxReaders))
	case cfg.Doorbells < 1 || cfg.Doorbells > MaxDoorbells:
		return nil, fail("readers file", utoa(uint64(cfg.Doorbells)), " doorbells, must be 1 to ", utoa(MaxDoorbells))
	case len(mem) < ReadersBytes(cfg):
		return nil, fail("readers file", "memory of ", utoa(uint64(len(mem))), " bytes is smaller than the ", utoa(uint64(ReadersBytes(cfg))), " it needs")
	}
	h := view[ReadersHeader](mem)
	if h == nil {
		return nil, fail("readers file", "memory is not 8-aligned")
	}
	clear(mem[:ReadersBytes(cfg)])
	h.ABI, h.HeaderSize, h.Entries, h.EntrySize, h.Doorbells = ABIVersion, HeaderBytes, cfg.Entries, sizeReaderEntry, cfg.Doorbells
	h.Epoch = cfg.Epoch
	atomic.StoreUint32(&h.State, StateRunning)
	atomic.StoreUint64(&h.Magic, MagicReaders)
	return OpenReadersFile(mem)
}

// OpenReadersFile checks the readers file in mem.
func OpenReadersFile(mem []byte) (*ReadersFile, error) {
	if len(mem) < HeaderBytes {
		return nil, checkMagic("readers file", len(mem), MagicReaders, MagicReaders, ABIVersion)
	}
	shared := view[ReadersHeader](mem)
	if shared == nil {
		return nil, fail("readers file", "memory is not 8-aligned")
	}
	h := snapshot(shared) // judged and used from one copy
	if err := h.check(len(mem)); err != nil {
		return nil, err
	}
	at := uint64(HeaderBytes + int(h.Doorbells)*sizeDoorbell)
	return &ReadersFile{
		state: &shared.State, round: &shared.Round, mem: mem,
		bells: tableAt[DoorbellLine](mem, HeaderBytes, h.Doorbells), entries: tableAt[ReaderEntry](mem, at, h.Entries),
	}, nil
}

// check bounds every field of a header that anybody may have written.
func (h *ReadersHeader) check(memory int) error {
	if err := checkMagic("readers file", memory, h.Magic, MagicReaders, h.ABI); err != nil {
		return err
	}
	switch {
	case h.HeaderSize != HeaderBytes || h.EntrySize != sizeReaderEntry:
		return fail("readers file", "header of ", utoa(uint64(h.HeaderSize)), " bytes and entries of ", utoa(uint64(h.EntrySize)),
			", expected ", utoa(HeaderBytes), " and ", utoa(sizeReaderEntry))
	case h.Entries < 1 || h.Entries > MaxReaders || h.Doorbells < 1 || h.Doorbells > MaxDoorbells:
		return fail("readers file", utoa(uint64(h.Entries)), " entries and ", utoa(uint64(h.Doorbells)), " doorbells, at most ",
			utoa(MaxReaders), " and ", utoa(MaxDoorbells))
	case memory < ReadersBytes(ReadersConfig{Entries: h.Entries, Doorbells: h.Doorbells}):
		return fail("readers file", "truncated: ", utoa(uint64(memory)), " bytes, but its header promises ",
			utoa(uint64(ReadersBytes(ReadersConfig{Entries: h.Entries, Doorbells: h.Doorbells}))))
	}
	return nil
}

// Word returns worker's doorbell, nil where it has none.
func (f *ReadersFile) Word(worker int) *uint32 {
	if worker < 0 || worker >= len(f.bells) {
		return nil
	}
	return &f.bells[worker].Word
}

// Doorbells returns how many workers have a doorbell.
func (f *ReadersFile) Doorbells() int { return len(f.bells) }

// Round returns the word that sleepers of several workers' rings wait on.
func (f *ReadersFile) Round() *uint32 { return f.round }

// Replaced says that a newer run of the writer made a new file: no doorbell of this one rings any more.
func (f *ReadersFile) Replaced() bool { return atomic.LoadUint32(f.state) == StateReplaced }

// StrikeAll says what the writer is at, and strikes every doorbell: whoever sleeps at one is to be woken. No worker rings
// meanwhile.
func (f *ReadersFile) StrikeAll(state uint32) {
	atomic.StoreUint32(f.state, state)
	for i := range f.bells {
		strike(&f.bells[i].Word)
	}
	atomic.AddUint32(f.round, 1)
}

// strike begins a new generation of a doorbell, whether it is armed or not.
func strike(word *uint32) { atomic.StoreUint32(word, (atomic.LoadUint32(word)|1)+1) }
