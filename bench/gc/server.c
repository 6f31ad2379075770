/* SPDX-License-Identifier: MIT */
/*
 * server.c - a server with a large cache, and how long its requests take.
 *
 * Requests come in at times of their own, whether the server has time or not, and each is
 * measured from when it came in; so a stop of the world counts for all that came in
 * meanwhile, and not only for the one that was being served.  What is asked for follows
 * Zipf's law.  Who asks for something that is not in the cache has it made and put there;
 * else what is there is copied into an answer, and it is noted who came last.
 *
 * Above what it can serve, requests wait for longer and longer, and percentiles grow with
 * the length of the run and say nothing.  How much later it ended than it should tells.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "histogram.h"
#include "measure.h"
#include "number_option.h"
#include "percentile.h"
#include "prng.h"
#include "skew.h"
#include "workload.h"

#define SMALLEST_WORDS	  16
#define LARGEST_WORDS	  112
#define BYTES_PER_ENTRY	  (64 * 8 + 64) /* on average */
#define KEYS_PER_ENTRY	  2
#define HEADERS		  6 /* small objects of each request */
#define HEADER_WORDS	  12
#define BYTES_PER_REQUEST (HEADERS * HEADER_WORDS * 8 + 64 * 8 + 16)
#define DEFAULT_RATE	  40000
#define EXPONENT	  0.99
#define NS_PER_SECOND	  UINT64_C(1000000000)
#define NS_PER_MS	  1e6

struct session {
	struct session *before;
	uint64_t number;
};

struct entry {
	uint64_t key, words;
	uint64_t *value;      /* words that follow from the key */
	struct session *last; /* young, as a rule, in an old entry */
};

struct options {
	unsigned rate;
	const char *latencies; /* the file for them; NULL: none */
};

struct server {
	struct entry **cache; /* an entry is where its key says, or not there */
	uint32_t slots;
	struct prng prng;
	struct skewed popularity;
	uint64_t served, hits, checksum;
	struct pgb_histogram latency;
	uint64_t schedule_ns, late_ns; /* how long it should have taken, and more */
};

static void wait_until(uint64_t moment)
{
	struct timespec time = {.tv_sec = (time_t)(moment / NS_PER_SECOND),
				.tv_nsec = (long)(moment % NS_PER_SECOND)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

static struct entry *new_entry(uint64_t key)
{
	struct entry *entry = new_object(sizeof(*entry));

	entry->key = key;
	entry->words = SMALLEST_WORDS + prng_mix(key) % (LARGEST_WORDS - SMALLEST_WORDS);
	entry->value = new_plain(entry->words * sizeof(*entry->value));
	for (uint64_t i = 0; i < entry->words; i++)
		entry->value[i] = key + i;
	return entry;
}

static uint32_t slot_of(const struct server *server, uint64_t key)
{
	return (uint32_t)((prng_mix(key) >> 32) * server->slots >> 32);
}

/* What a request leaves behind: a few small objects that refer to each other. */
static void read_headers(struct server *server)
{
	void **header = NULL;

	for (unsigned i = 0; i < HEADERS; i++) {
		void **next = new_object(HEADER_WORDS * sizeof(*next));

		next[0] = header;
		header = next;
	}
	server->served += header != NULL;
}

static void note_session(struct server *server, struct entry *entry)
{
	struct session *session = new_object(sizeof(*session));

	session->number = server->served;
	session->before = entry->last;
	if (entry->last)
		entry->last->before = NULL; /* two are enough */
	entry->last = session;
}

static void answer(struct server *server, const struct entry *entry)
{
	size_t size = entry->words * sizeof(*entry->value);
	uint64_t *copy = new_plain(size);

	memcpy(copy, entry->value, size);
	for (uint64_t i = 0; i < entry->words; i++) {
		if (copy[i] != entry->key + i)
			damage("an entry of the cache");
	}
	if (entry->last && entry->last->number > server->served)
		damage("a session of an entry");
	server->checksum = prng_mix(server->checksum ^ copy[entry->words - 1]);
}

static void serve(struct server *server)
{
	uint64_t key = skewed_next(&server->popularity, &server->prng);
	struct entry **slot = &server->cache[slot_of(server, key)];

	read_headers(server);
	if (*slot && (*slot)->key == key)
		server->hits++;
	else
		*slot = new_entry(key);
	answer(server, *slot);
	note_session(server, *slot);
}

/* As a cache is that has been in use for long. */
static void fill(struct server *server, size_t bytes)
{
	static const struct skew zipf = {.kind = ZIPF, .exponent = EXPONENT};
	uint32_t keys;

	server->slots = (uint32_t)(bytes / BYTES_PER_ENTRY);
	server->cache = new_object(server->slots * sizeof(struct entry *));
	keys = server->slots * KEYS_PER_ENTRY;
	skewed_init(&server->popularity, &zipf, keys);
	for (uint64_t key = keys; key--;)
		server->cache[slot_of(server, key)] = new_entry(key);
}

/* In the order in which they came; if one took long, the next ones are late. */
static void serve_all(struct server *server, uint64_t count, unsigned rate)
{
	uint64_t begin = now_ns(), took;

	server->schedule_ns = count * NS_PER_SECOND / rate;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t due = begin + i * NS_PER_SECOND / rate;

		if (now_ns() < due)
			wait_until(due);
		serve(server);
		pgb_histogram_add(&server->latency, now_ns() - due);
	}
	took = now_ns() - begin;
	server->late_ns = took > server->schedule_ns ? took - server->schedule_ns : 0;
}

static void write_percentile(FILE *file, const struct server *server, const char *name,
			     double percent)
{
	double ms = percentile_ms(&server->latency, percent);

	if (isnan(ms))
		fprintf(file, "\"%s\": null, ", name);
	else
		fprintf(file, "\"%s\": %.6f, ", name, ms);
}

static void write_latencies(const struct server *server, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		die("cannot write %s: %s", path, strerror(errno));
	fprintf(file, "{\"count\": %" PRIu64 ", ", server->latency.count);
	write_percentile(file, server, "p50_ms", 50);
	write_percentile(file, server, "p99_ms", 99);
	write_percentile(file, server, "p999_ms", 99.9);
	fprintf(file, "\"max_ms\": %.6f, \"schedule_ms\": %.6f, \"late_ms\": %.6f}\n",
		(double)server->latency.max / NS_PER_MS,
		(double)server->schedule_ns / NS_PER_MS,
		(double)server->late_ns / NS_PER_MS);
	if (fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'r':
		options->rate = number_option(state, "rate", argument, 1, 10000000);
		return 0;
	case 'R':
		options->latencies = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"rate", 'r', "N", 0, "Requests a second (40000)", 0},
	{"requests", 'R', "FILE", 0,
	 "Write percentiles of their latency to FILE, and by how much the last one was "
	 "late",
	 0},
	{0},
};

int main(int argc, char **argv)
{
	static const struct argp own = {.options = option_table, .parser = parse_option};
	static struct server server; /* a root of the collector */
	struct options options = {.rate = DEFAULT_RATE};
	struct workload workload = workload_start(
		argc, argv, "Serve requests from a large cache.", &own, &options);

	pin_thread(0);
	/* A sleep is to end when it should. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	server.prng.state = workload.seed;
	fill(&server, workload_bytes(&workload));
	serve_all(&server,
		  workload_bytes(&workload) * workload.turnover / BYTES_PER_REQUEST,
		  options.rate);
	if (options.latencies)
		write_latencies(&server, options.latencies);
	report(server.served, "requests", server.checksum ^ server.hits);
	return 0;
}
