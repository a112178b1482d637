package live

// DropPrivileges gives up what a run that is under way does not need, if the configuration says so. Call it after Start.
func (h *Handler) DropPrivileges() {
	if h.config.Live.Privileges == "keep" {
		return
	}
	left, err := dropPrivileges()
	if err != nil {
		h.log.Warn("privileges are not dropped", "error", err)
		return
	}
	h.log.Info("privileges dropped", "left", left)
}
