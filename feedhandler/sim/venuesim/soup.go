package venuesim

// replayChunk is how many messages are taken from the day at a time.
const replayChunk = 1024

// soup replays the feed from where the login says, and goes on live until the session ends.
func (p *post) soup(c *client) {
	l, d, ok := c.login()
	if !ok {
		return
	}
	newest := d.newest()
	next := l.first
	if next == 0 || next > newest+1 {
		// 0 is "from now on". For a number that is not due yet the specification has no word: A tells what comes.
		if next != 0 {
			p.reason("sequence_beyond_newest")
		}
		next = newest + 1
	}
	if c.fault == WrongRange {
		if back := uint64(1 + p.dice.below(10)); next > back && p.dice.below(2) == 0 {
			next -= back
		} else {
			next = min(next+back, newest+1)
		}
	}
	more, deaf := d.listen()
	defer deaf()
	t := c.listen(d)
	if ahead := int(newest + 1 - next); ahead > 0 {
		t.at = p.dice.below(ahead)
	} else {
		t.at = p.dice.below(20)
	}
	told := 0
	if c.fault == DataFirst {
		list, _, _ := d.from(next, 1)
		for len(list) == 0 {
			if !t.wait(more) {
				return
			}
			list, _, _ = d.from(next, 1)
		}
		if t.data(list[0].bytes) != nil || t.flush() != nil {
			return
		}
		next, told = next+1, 1
	}
	if t.accept(next) != nil {
		return
	}
	for {
		list, _, ended := d.from(next, replayChunk)
		for i := range list {
			if t.tell(told, list[i].bytes) != nil {
				return
			}
			told, next = told+1, next+1
		}
		switch {
		case len(list) == replayChunk:
			select {
			case <-t.gone:
				return
			default:
			}
			continue
		case t.flush() != nil:
			return
		case ended && len(list) == 0:
			_ = t.send(appendSoup(nil, 'Z', nil))
			return
		case !ended && !t.wait(more):
			return
		}
	}
}
