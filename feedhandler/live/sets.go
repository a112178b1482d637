package live

import (
	"slices"

	"wirebook/feedhandler"
	"wirebook/feedhandler/live/worker"
)

// setKey names a set at work. A reload may move its channels to another worker one after the other: those are two sets
// meanwhile, since what is shared has no locks.
type setKey struct {
	name   string
	worker int
}

// workingSet is a set at work, and its number among all that the run has had.
type workingSet struct {
	*feedhandler.Set
	number uint32
}

// setOf returns what a channel shares with the others of its set, nil where it is alone. Each channel has a pipeline of its
// own here, so the set is the handler's. It has room for what the channel that came first has room for.
func (h *Handler) setOf(f *worker.Feed) *workingSet {
	if f.Config.Set == "" {
		return nil
	}
	key := setKey{f.Config.Set, f.Worker}
	if h.sets == nil {
		h.sets = map[setKey]*workingSet{}
	}
	if h.sets[key] == nil {
		most := f.Config.Options.MaxInstruments
		for i := range h.config.Channels {
			most = max(most, h.config.Channels[i].MaxInstruments)
		}
		h.setCount++
		h.sets[key] = &workingSet{feedhandler.NewSet(most), h.setCount}
	}
	return h.sets[key]
}

// dropSets gives up the sets that no channel at work belongs to.
func (h *Handler) dropSets() {
	for key, set := range h.sets {
		if !slices.ContainsFunc(h.feeds, func(f *worker.Feed) bool { return f.Config.Shared == set.Set }) {
			delete(h.sets, key)
		}
	}
}
