package phc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Find says what time stamping an interface has. An interface without a PHC is no error: see Info.HasClock and NoClock.
// The interface is looked up in the calling thread's network namespace.
func Find(iface string) (Info, error) {
	info := Info{Interface: iface, Index: -1}
	fd, err := controlSocket()
	if err != nil {
		return info, err
	}
	defer unix.Close(fd)
	ts, err := unix.IoctlGetEthtoolTsInfo(fd, iface)
	switch {
	case errors.Is(err, unix.ENODEV):
		return info, fmt.Errorf("interface %s: %w: 'ip link' lists those of this network namespace", iface, ErrNoInterface)
	case errors.Is(err, unix.EINVAL):
		return info, fmt.Errorf("interface %q: %w: a name has 1 to 15 characters", iface, ErrNoInterface)
	case errors.Is(err, unix.EOPNOTSUPP):
		return info, nil
	case err != nil:
		return info, fmt.Errorf("time stamping of %s: %w", iface, err)
	}
	info.Index = int(ts.Phc_index)
	info.RxStamps = ts.So_timestamping&(unix.SOF_TIMESTAMPING_RX_HARDWARE|unix.SOF_TIMESTAMPING_RAW_HARDWARE) ==
		unix.SOF_TIMESTAMPING_RX_HARDWARE|unix.SOF_TIMESTAMPING_RAW_HARDWARE
	info.RxAll = info.RxStamps && ts.Rx_filters&(1<<unix.HWTSTAMP_FILTER_ALL) != 0
	if link, err := os.Readlink(filepath.Join("/sys/class/net", iface, "device/driver")); err == nil {
		info.Driver = filepath.Base(link)
	}
	if info.HasClock() {
		info.Path, info.Name = devicePath(info.Index), clockName(info.Index)
	}
	return info, nil
}

// NoClock is the error for an interface without a PHC, with what to do instead.
func NoClock(info Info) error {
	what := "interface " + info.Interface
	if info.Driver != "" {
		what += " (driver " + info.Driver + ")"
	}
	return fmt.Errorf("%s: %w: stamps come from the driver or the kernel and the host's clock; "+
		"use a NIC with a PHC, or keep the host's clock synchronised with chrony or ptp4l", what, ErrNoClock)
}

// Devices lists the PTP clocks of this host, by index; empty where there is none.
func Devices() []Device {
	paths, _ := filepath.Glob("/sys/class/ptp/ptp*")
	var list []Device
	for _, p := range paths {
		index, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(p), "ptp"))
		if err == nil {
			list = append(list, Device{Index: index, Path: devicePath(index), Name: clockName(index)})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Index < list[j].Index })
	return list
}

func clockName(index int) string {
	name, _ := os.ReadFile(fmt.Sprintf("/sys/class/ptp/ptp%d/clock_name", index))
	return strings.TrimSpace(string(name))
}

func controlSocket() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket for interface requests: %w", err)
	}
	return fd, nil
}
