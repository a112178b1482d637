package ntuple

// freeLocation chooses where to put a rule into a table of so many places: the last free one, which has the lowest
// priority, as the ethtool command does.
func freeLocation(used []uint32, most int) (uint32, error) {
	taken := make([]bool, most)
	for _, at := range used {
		if int(at) < most {
			taken[at] = true
		}
	}
	for at := most - 1; at >= 0; at-- {
		if !taken[at] {
			return uint32(at), nil
		}
	}
	return 0, ErrFull
}
