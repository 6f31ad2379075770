/* SPDX-License-Identifier: MIT */
/*
 * barrier.pml - arm, write, harvest, fork, fault and ack, for spin.
 *
 * README.md says what is modelled, how to run it, and what leaving something out comes to.
 */

#define PAGES 2

/* Of the first mutator; the second does one.  The search for cycles has more to do. */
#ifdef RELEASED
#define WRITES 1
#else
#define WRITES 2
#endif

/* Pages of the child follow those of the parent. */
#define PARENT	    0
#define CHILD	    1
#define FIRST(proc) ((proc) * PAGES)
#define END(proc)   (FIRST(proc) + PAGES)

bool watched[2];	/* registered with the kernel, in that process */
bool armed[2 * PAGES];	/* write-protected; what is watched and not armed is dirty */
bool unseen[2 * PAGES]; /* the shadow: the collector does not know what is there */

/* Does a write to an armed page wait for an ack, or does the kernel let it go on? */
bool acks;

/* What happens at some time in this run; only one, or there are too many states. */
mtype = {NOTHING, REMAP, FORK, DEATH, CLOSE};
mtype event = NOTHING;

bool closed;   /* the descriptor with the faults, by its owner */
byte finished; /* who writes */

mtype = {RUNS, POSTED, TAKEN};
mtype fault[2] = RUNS; /* of each mutator: it runs; its event was posted; it was read */
byte at[2];	       /* the page of the fault */

inline unwatch()
{
	d_step {
		watched[PARENT] = false;
		armed[0] = false;
		armed[1] = false
	}
}

/* Whoever waits at this page goes on, and tries again. */
inline wake(page)
{
	d_step {
		if
		:: fault[0] != RUNS && at[0] == page -> fault[0] = RUNS; at[0] = 0
		:: else
		fi;
		if
		:: fault[1] != RUNS && at[1] == page -> fault[1] = RUNS; at[1] = 0
		:: else
		fi
	}
}

inline wake_all()
{
	d_step {
		fault[0] = RUNS;
		fault[1] = RUNS;
		at[0] = 0;
		at[1] = 0
	}
}

inline store(me, page)
{
	do
	:: d_step { !armed[page] -> unseen[page] = true }; break
	:: d_step { armed[page] && !acks -> armed[page] = false }
	:: armed[page] && acks -> d_step { fault[me] = POSTED; at[me] = page };
	   fault[me] == RUNS
	od
}

/* The visitor: from now on the collector knows what is there. */
inline look_at(page)
{
	unseen[page] = false
}

inline look_if(written, page)
{
	if
	:: written -> look_at(page)
	:: else
	fi
}

/* PAGEMAP_SCAN with PM_SCAN_WP_MATCHING and PM_SCAN_CHECK_WPASYNC, on one page. */
inline take_written(proc, page, written, refused)
{
	if
	:: d_step { !watched[proc] -> refused = true }
#ifdef SPLIT_SCAN
	:: d_step { watched[proc] -> written = !armed[page] };
	   armed[page] = true;
	   look_if(written, page)
#else
#ifdef REPORT_BEFORE_ARM
	:: d_step { watched[proc] -> written = !armed[page] };
	   look_if(written, page);
	   d_step {
		if
		:: written -> armed[page] = true
		:: else
		fi;
		written = false
	   }
#else
	:: d_step { watched[proc] -> written = !armed[page]; armed[page] = true };
	   look_if(written, page)
#endif
#endif
	fi
}

inline arm_rest(proc, page, i)
{
	d_step {
		for (i : page .. END(proc) - 1) {
			armed[i] = watched[proc]
		}
		i = 0
	}
}

inline look_at_rest(proc, page, i)
{
	d_step {
		for (i : page .. END(proc) - 1) {
			look_at(i)
		}
		i = 0
	}
}

/* Nothing is known from `page` on: watch it, arm it, and only then report all of it. */
inline recover(proc, page, i)
{
	watched[proc] = !(closed && proc == PARENT);
#ifdef RECOVER_LATE
	look_at_rest(proc, page, i);
	arm_rest(proc, page, i)
#else
	arm_rest(proc, page, i);
	look_at_rest(proc, page, i)
#endif
}

inline harvest(proc, page, i, written, refused)
{
	page = FIRST(proc);
	do
	:: page < END(proc) ->
		take_written(proc, page, written, refused);
#ifdef NO_FORK_REARM
		/* Believed to be watched, and passed over by the kernel in silence. */
		refused = refused && proc == PARENT;
#endif
		if
		:: refused -> recover(proc, page, i); refused = false; break
		:: else -> page++
		fi
	:: else -> break
	od;
	/* A page that was written, and that no later harvest will report, is lost. */
	atomic {
		for (i : FIRST(proc) .. END(proc) - 1) {
			assert(!(unseen[i] && armed[i]))
		}
	}
}

inline everything_was_seen(proc, i)
{
	atomic {
		for (i : FIRST(proc) .. END(proc) - 1) {
			assert(!unseen[i])
		}
	}
}

proctype mutator(byte me; byte writes)
{
	byte n, page;

	for (n : 1 .. writes) {
		if
		:: page = 0
		:: page = 1
		fi;
		store(me, page)
	}
	finished++
}

proctype harvester()
{
	byte page, i;
	bool written, refused;

	harvest(PARENT, page, i, written, refused);
	if
	:: event == CLOSE ->
		/* It takes the registration back, which lets everybody go. */
		closed = true;
		unwatch();
		wake_all()
	:: else
	fi;
	/* Everything stands still. */
	finished == 2 && event != REMAP && event != FORK;
	harvest(PARENT, page, i, written, refused);
	everything_was_seen(PARENT, i)
}

/* Allow what was stopped at this page.  It may be gone by now, or run already. */
inline allow(page)
{
	if
	:: d_step { watched[PARENT] -> armed[page] = false }
#ifndef NO_WAKE
	   ; wake(page)
#endif
	:: !watched[PARENT]
#ifndef NO_WAKE_WHEN_GONE
	   -> wake(page)
#endif
	fi
}

/* Has read at most one event of each mutator that it has not acked; may die at any time. */
proctype reader()
{
	byte got[2];
	bool has[2];

#ifndef NO_REPOST
	/* It does not know what a reader before it had read. */
	wake_all();
#endif
end:	do
	:: d_step { fault[0] == POSTED && !has[0] ->
		fault[0] = TAKEN; got[0] = at[0]; has[0] = true }
	:: d_step { fault[1] == POSTED && !has[1] ->
		fault[1] = TAKEN; got[1] = at[1]; has[1] = true }
	:: has[0] -> allow(got[0]); d_step { has[0] = false; got[0] = 0 }
	:: has[1] -> allow(got[1]); d_step { has[1] = false; got[1] = 0 }
	:: d_step { event == DEATH -> event = NOTHING }; run reader(); break
	od
}

/* Memory is mapped anew behind the barrier's back; nobody is woken by that. */
proctype stranger()
{
	atomic {
		unwatch();
		unseen[0] = true;
		unseen[1] = true;
		event = NOTHING
	}
}

/*
 * A child of fork has its parent's memory and knowledge; but nothing of it is watched.
 * They share nothing else, so that it does not matter how their steps mix: the child's
 * are one.
 */
proctype child()
{
	byte n, page, i;
	bool written, refused;

	atomic {
		for (i : 0 .. PAGES - 1) {
			unseen[FIRST(CHILD) + i] = unseen[i]
		}
		for (n : 1 .. 2) {
			if
			:: page = FIRST(CHILD)
			:: page = END(CHILD) - 1
			fi;
			d_step { armed[page] = false; unseen[page] = true };
			harvest(CHILD, page, i, written, refused);
			everything_was_seen(CHILD, i)
		}
		event = NOTHING
	}
}

/* Everything has just been harvested. */
init
{
	atomic {
		watched[PARENT] = true;
		armed[0] = true;
		armed[1] = true;
		if
		:: acks = true; run reader()
		:: true
		fi;
		if
		:: event = REMAP; run stranger()
		:: event = FORK; run child()
		:: acks -> event = DEATH
		:: acks -> event = CLOSE
		fi;
		run mutator(0, WRITES);
		run mutator(1, 1);
		run harvester()
	}
}

#ifdef RELEASED
/* No thread is stopped for ever; that one gets to run at all is taken for granted. */
ltl released { [] (fault[0] != RUNS -> <> (fault[0] == RUNS)) }
#endif
