/* wirebook.h: read Wirebook's rings, latest table and control file. C99 or C++11, header only.
 *
 * Generated from shm/abi*.go and shm/records.go by "go generate ./shm". Do not edit.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	wb_ring r;
 *	char err[200];
 *	unsigned char rec[WB_MAX_PAYLOAD];
 *	if (wb_ring_open(&r, "/dev/shm/wirebook/demo/mbo-0.ring", err, sizeof err))
 *		return puts(err);
 *	wb_ring_seek_edge(&r);
 *	for (;;)
 *		switch (wb_ring_next(&r, rec, sizeof rec)) {
 *		case WB_RECORD:    use((const wb_mbo *)rec); break;
 *		case WB_LAPPED:    missed(r.lost); break;
 *		case WB_NEW_EPOCH: forget_all_books(); break;
 *		default:           break; (nothing new)
 *		}
 *
 * Everything is mapped read-only: a reader cannot disturb the writer. Little-endian machines only.
 * A record is the public DBN version 3 layout: prices int64 of 1e-9, times uint64 ns since the UNIX epoch, UTC.
 */
#ifndef WIREBOOK_H
#define WIREBOOK_H

#if !defined(_POSIX_C_SOURCE) && !defined(_GNU_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <time.h>
#include <unistd.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "wirebook.h needs a little-endian machine"
#endif

#if defined(__cplusplus)
#define WB_ASSERT(cond, name) static_assert(cond, #name)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define WB_ASSERT(cond, name) _Static_assert(cond, #name)
#else
#define WB_ASSERT(cond, name) typedef char wb_assert_##name[(cond) ? 1 : -1]
#endif

