/* SPDX-License-Identifier: MIT */
/* schema.c - the files that a page is made of. */
#include "tool/report/schema.h"

#include <string.h>

#define TEXT(name)                                                                         \
	{                                                                                  \
		name, PGB_FIELD_TEXT, false, NULL                                          \
	}
#define FLAG(name)                                                                         \
	{                                                                                  \
		name, PGB_FIELD_FLAG, false, NULL                                          \
	}
#define AMOUNT(name)                                                                       \
	{                                                                                  \
		name, PGB_FIELD_AMOUNT, false, NULL                                        \
	}
#define SHARE(name)                                                                        \
	{                                                                                  \
		name, PGB_FIELD_SHARE, false, NULL                                         \
	}
#define PAIRS(name)                                                                        \
	{                                                                                  \
		name, PGB_FIELD_PAIRS, false, NULL                                         \
	}
#define OBJECT(name, members)                                                              \
	{                                                                                  \
		name, PGB_FIELD_OBJECT, false, members                                     \
	}
#define LIST(name, members)                                                                \
	{                                                                                  \
		name, PGB_FIELD_LIST, false, members                                       \
	}
#define NEEDED(name, kind, m)                                                              \
	{                                                                                  \
		name, PGB_FIELD_##kind, true, m                                            \
	}
#define END                                                                                \
	{                                                                                  \
		NULL, PGB_FIELD_TEXT, false, NULL                                          \
	}

static const struct pgb_field spread[] = {
	NEEDED("median", AMOUNT, NULL),
	AMOUNT("low"),
	AMOUNT("high"),
	AMOUNT("rounds"),
	END,
};

static const struct pgb_field machine[] = {
	TEXT("id"),
	TEXT("kernel"),
	TEXT("arch"),
	TEXT("cpu"),
	AMOUNT("cpus"),
	AMOUNT("memory_kib"),
	AMOUNT("page_size"),
	TEXT("thp"),
	FLAG("soft_dirty"),
	TEXT("libgc"),
	END,
};

static const struct pgb_field load[] = {SHARE("others_share"), END};

static const struct pgb_field skipped[] = {
	NEEDED("what", TEXT, NULL),
	NEEDED("why", TEXT, NULL),
	END,
};

static const struct pgb_field run[] = {
	NEEDED("suite", TEXT, NULL),
	FLAG("quick"),
	TEXT("started"),
	AMOUNT("seconds"),
	TEXT("pgbarrier"),
	NEEDED("machine", OBJECT, machine),
	OBJECT("load", load),
	LIST("skipped", skipped),
	END,
};

const struct pgb_field pgb_bench_fields[] = {NEEDED("runs", LIST, run), END};

static const struct pgb_field ratio[] = {TEXT("to"), AMOUNT("median"), END};

static const struct pgb_field primitive[] = {
	NEEDED("bench", TEXT, NULL), TEXT("operation"),	      NEEDED("backend", TEXT, NULL),
	AMOUNT("threads"),	     TEXT("pattern"),	      FLAG("huge_pages"),
	AMOUNT("region_bytes"),	     AMOUNT("density"),	      TEXT("mutators"),
	NEEDED("unit", TEXT, NULL),  OBJECT("value", spread), OBJECT("ratio", ratio),
	AMOUNT("shootdowns"),	     AMOUNT("vmas"),	      END,
};

static const struct pgb_field ratios[] = {
	TEXT("to"),	      AMOUNT("wall"),	   AMOUNT("cpu"),
	AMOUNT("pause_mean"), AMOUNT("pause_max"), END,
};

static const struct pgb_field pauses[] = {
	AMOUNT("count"),    AMOUNT("mean_ms"),	AMOUNT("p50_ms"),
	AMOUNT("p99_ms"),   AMOUNT("p999_ms"),	AMOUNT("max_ms"),
	AMOUNT("total_ms"), PAIRS("histogram"), END,
};

static const struct pgb_field requests[] = {
	AMOUNT("count"),  AMOUNT("p50_ms"),	 AMOUNT("p99_ms"),  AMOUNT("p999_ms"),
	AMOUNT("max_ms"), AMOUNT("schedule_ms"), AMOUNT("late_ms"), END,
};

static const struct pgb_field faults[] = {AMOUNT("minor"), AMOUNT("major"), END};

static const struct pgb_field program[] = {
	NEEDED("program", TEXT, NULL),
	AMOUNT("live_bytes"),
	TEXT("configuration"),
	TEXT("backend"),
	TEXT("mode"),
	AMOUNT("pause_target_ms"),
	NEEDED("label", TEXT, NULL),
	NEEDED("outcome", TEXT, NULL),
	AMOUNT("runs"),
	AMOUNT("sound"),
	OBJECT("wall_ms", spread),
	OBJECT("cpu_ms", spread),
	OBJECT("ratios", ratios),
	OBJECT("pauses", pauses),
	PAIRS("mmu"),
	FLAG("mmu_complete"),
	PAIRS("timeline"),
	FLAG("timeline_complete"),
	OBJECT("requests", requests),
	OBJECT("faults", faults),
	AMOUNT("signals"),
	AMOUNT("peak_vmas"),
	AMOUNT("peak_rss_kib"),
	END,
};

static const struct pgb_field primitives_rows[] = {NEEDED("rows", LIST, primitive), END};
static const struct pgb_field programs_rows[] = {NEEDED("rows", LIST, program), END};

const struct pgb_field *pgb_suite_fields(const char *suite)
{
	if (!strcmp(suite, "primitives"))
		return primitives_rows;
	if (!strcmp(suite, "gc") || !strcmp(suite, "programs"))
		return programs_rows;
	return NULL;
}

static const struct pgb_field exit_fields[] = {AMOUNT("status"), AMOUNT("signal"), END};

static const struct pgb_field times[] = {
	NEEDED("count", AMOUNT, NULL),
	NEEDED("p50", AMOUNT, NULL),
	AMOUNT("p90"),
	NEEDED("p99", AMOUNT, NULL),
	NEEDED("max", AMOUNT, NULL),
	NEEDED("total", AMOUNT, NULL),
	AMOUNT("p999"),
	PAIRS("histogram"),
	END,
};

static const struct pgb_field usage[] = {
	AMOUNT("user_ns"),	AMOUNT("system_ns"),	AMOUNT("minor_faults"),
	AMOUNT("major_faults"), AMOUNT("peak_rss_kib"), END,
};

static const struct pgb_field process[] = {
	AMOUNT("pid"),
	TEXT("program"),
	TEXT("libgc_version"),
	TEXT("backend"),
	TEXT("design"),
	TEXT("mode"),
	TEXT("reason"),
	AMOUNT("signals"),
	AMOUNT("vmas_at_exit"),
	PAIRS("pauses"),
	FLAG("pauses_complete"),
	PAIRS("mmu"),
	FLAG("mmu_complete"),
	NEEDED("pause_ns", OBJECT, times),
	END,
};

const struct pgb_field pgb_stats_fields[] = {
	NEEDED("program", LIST, NULL),
	NEEDED("exit", OBJECT, exit_fields),
	NEEDED("wall_ns", AMOUNT, NULL),
	OBJECT("usage", usage),
	AMOUNT("processes_left_out"),
	NEEDED("processes", LIST, process),
	END,
};
