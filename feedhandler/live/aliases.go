package live

import "wirebook/feedhandler"

type (
	channelConfig = feedhandler.ChannelConfig
	gapEvent      = feedhandler.GapEvent
)
