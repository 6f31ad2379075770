/* SPDX-License-Identifier: MIT */
/*
 * config.h - every setting there is.
 *
 * One table in config.c has a row for each setting; the PGBARRIER_* environment
 * variables, the flags of `pgbarrier run`, --help and pgbarrier-environment(7) are
 * made from it.  The command and the preload read them; the library by itself reads
 * PGBARRIER_VERIFY alone.
 */
#ifndef PGB_CONFIG_H
#define PGB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

enum pgb_design {
	PGB_DESIGN_AUTO,
	PGB_DESIGN_A,	 /* be the soft-dirty bits that libgc asks the kernel for */
	PGB_DESIGN_B,	 /* manual virtual dirty bits */
	PGB_DESIGN_NONE, /* leave libgc as it is, watch it only */
};

enum pgb_mode {
	PGB_MODE_GENERATIONAL, /* old pages are not traced again; stops are not bounded */
	PGB_MODE_INCREMENTAL,  /* stops are bounded by `pause` */
	PGB_MODE_OFF,	       /* what the program itself chooses */
};

enum pgb_tables {
	PGB_TABLES_HUGE,  /* on huge pages, where the kernel has them for who asks */
	PGB_TABLES_PLAIN, /* wherever the kernel puts them */
};

enum pgb_walk {
	PGB_WALK_SKIP, /* by writing to a variable of libgc's, where that is known to do */
	PGB_WALK_FULL, /* as libgc does it */
};

enum pgb_log {
	PGB_LOG_OFF,
	PGB_LOG_WARN,
	PGB_LOG_INFO,
};

struct pgb_config {
	const char *backend; /* "auto" or a backend's name */
	unsigned design;     /* enum pgb_design */
	unsigned mode;	     /* enum pgb_mode */
	unsigned pause;	     /* ms; 0: not bounded */
	const char *stats;   /* file for the JSON report, "-": standard error; NULL: none */
	unsigned log;	     /* enum pgb_log */
	unsigned policy;     /* enum pgb_policy */
	unsigned tables;     /* enum pgb_tables */
	unsigned walk;	     /* enum pgb_walk */
	unsigned verify;     /* 1: compare checksums of pages at every harvest */
	/* Set by the command for the preload, or by tests; not shown to users. */
	const char *stats_page; /* file that the preload maps and counts in */
	unsigned root_pid;	/* process that `pgbarrier run` became; only it announces */
	unsigned test_table;	/* MiB of heap for which libgc's dirty table has bits */
	unsigned test_drop;	/* lose every n-th dirty page on purpose; 0: none */
};

enum pgb_setting_type {
	PGB_SETTING_CHOICE, /* unsigned: index into choices */
	PGB_SETTING_NAME,   /* const char *: one of choices */
	PGB_SETTING_NUMBER, /* unsigned, minimum to maximum */
	PGB_SETTING_PATH,   /* const char * */
};

struct pgb_setting {
	const char *variable; /* "PGBARRIER_BACKEND" */
	const char *flag;     /* "backend"; NULL: no flag */
	const char *argument; /* "B", as shown in --help */
	const char *alone;    /* what the flag without an argument means; NULL: no such */
	bool hidden;	      /* left out of --help and the man page */
	enum pgb_setting_type type;
	size_t offset;		    /* in struct pgb_config */
	const char *const *choices; /* NULL-terminated */
	unsigned minimum, maximum;
	const char *fallback; /* the default, in the words that a user would give */
	const char *help;     /* one sentence */
};

/* Ends with a row whose variable is NULL. */
extern const struct pgb_setting pgb_settings[];

/* Room for the sentence that says what is wrong with a value. */
#define PGB_CONFIG_ERROR_SIZE 256

/* Set every setting to its default. */
void pgb_config_init(struct pgb_config *config);

/*
 * Set one setting from the words of a user; `value` must outlive config.  On -EINVAL
 * `error` says what was set (`origin`: "--backend" or "PGBARRIER_BACKEND"), to what,
 * and what is allowed, without a newline; config is unchanged.
 */
int pgb_config_set(struct pgb_config *config, const struct pgb_setting *setting,
		   const char *origin, const char *value,
		   char error[PGB_CONFIG_ERROR_SIZE]);

/* `consequence` is what comes of going on all the same: "the default is used". */
typedef void pgb_config_complaint(void *arg, const char *sentence, const char *consequence);

/*
 * Take over what `environment` (as in main's envp) sets.  Each bad value is given to
 * `complain` and leaves its setting as it was; also a PGBARRIER_* variable that is
 * no setting at all.  Returns the number of complaints.  Allocates nothing.
 */
int pgb_config_load(struct pgb_config *config, char *const *environment,
		    pgb_config_complaint *complain, void *arg);

/* As a user would write them. */
const char *pgb_design_name(enum pgb_design design);
const char *pgb_mode_name(enum pgb_mode mode);

/* "auto, null, mprotect or uffd-async", into text[size]; for messages and manuals. */
void pgb_setting_allowed(const struct pgb_setting *setting, char *text, size_t size);

#endif
