/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Accesses that stop until somebody has answered.
 *
 * Who may have to stop asks pgb_faults_must_stop(), and if so waits with pgb_faults_stop().
 * The events are bits, a bitmap for each kind: bounded, without duplicates, and never out of
 * memory.
 */
#ifndef PGBARRIER_FAULTS_H
#define PGBARRIER_FAULTS_H

#include "region.h"

struct pgb_faults *pgb_faults_new(size_t bitmap_bytes);
void pgb_faults_free(struct pgb_faults *faults);

bool pgb_faults_must_stop(struct pgb_region *region, pgoff_t index,
			  enum pgbarrier_event_kind kind);
vm_fault_t pgb_faults_stop(struct vm_fault *vmf, struct pgb_region *region,
			   enum pgbarrier_event_kind kind);
void pgb_faults_ask_again(struct pgb_region *region);
/* The same while a clone holds the region still. */
vm_fault_t pgb_faults_stop_held(struct vm_fault *vmf, struct pgb_region *region);

void pgb_faults_send_back(struct pgb_region *region, pgoff_t index);
bool pgb_faults_is_write(const struct vm_fault *vmf, struct pgb_region *region);

/* ioctls */
long pgb_faults_open(struct pgb_region *region);
int pgb_faults_set_eventfd(struct pgb_region *region, int fd);

/* The log answers, so that nobody else may.  -EBUSY: somebody does. */
int pgb_faults_claim(struct pgb_region *region);

#endif
