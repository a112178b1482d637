package live

import (
	"errors"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/playback"
)

// recordConfig has every worker that records its inputs write the configuration that holds from here on.
func (h *Handler) recordConfig(c *config.Config) error {
	if c.Rings.Packets == 0 {
		return nil
	}
	text, err := c.Text()
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range h.workers {
		errs = append(errs, w.Do(func() { w.Record(text) }))
	}
	return errors.Join(errs...)
}

// originOf is what rebuilds a feed's pipeline; nil where inputs are not recorded.
func (h *Handler) originOf(f *worker.Feed, set *workingSet) ([]byte, error) {
	if h.instance.Worker(f.Worker).Packets() == nil {
		return nil, nil
	}
	c := h.config
	o := playback.Origin{
		Checksums: c.Checksums.Live(), Publish: c.Publish, Latest: c.Latest == nil || *c.Latest,
		Channels: []playback.Channel{{Place: uint16(f.Pipe.Channels()[0].Place()), Spec: f.Spec}},
	}
	if len(o.Publish) == 0 {
		o.Publish = config.SchemaNames
	}
	if set != nil {
		o.Channels[0].Set, o.Channels[0].SetMax = set.number, set.Max()
	}
	return o.Text()
}
