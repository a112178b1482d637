// Package control joins a pipeline to shared memory: it makes the instance, hands its rings to the channels, and
// publishes what the core counts into the control file, a few times a second and never from inside the core.
package control
