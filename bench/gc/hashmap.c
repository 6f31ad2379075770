/* SPDX-License-Identifier: MIT */
/*
 * hashmap.c - a hash map of which entries come and go.
 *
 * Half of the possible keys are in the map.  A key is drawn at random; if it is there, its
 * entry is removed, else one is made.  Besides, as many keys are looked up.  The array of
 * buckets is one large object that is written all over, and is replaced when the map grows.
 */
#include <stdbool.h>
#include <string.h>

#include "prng.h"
#include "workload.h"

#define FIRST_BUCKETS	1024
#define SMALLEST_VALUE	2 /* words */
#define VALUE_SIZES	5
#define BYTES_PER_ENTRY 88 /* an entry, its value and its share of the buckets */

struct entry {
	struct entry *next;
	uint64_t key;
	uint64_t *value; /* words that follow from the key */
};

struct map {
	struct entry **buckets;
	size_t mask, count;
};

static size_t words_of(uint64_t key)
{
	return SMALLEST_VALUE + prng_mix(key) % VALUE_SIZES;
}

static uint64_t *new_value(uint64_t key)
{
	size_t words = words_of(key);
	uint64_t *value = new_plain(words * sizeof(*value));

	for (size_t i = 0; i < words; i++)
		value[i] = key + i;
	return value;
}

static void check(const struct entry *entry)
{
	size_t words = words_of(entry->key);

	for (size_t i = 0; i < words; i++) {
		if (entry->value[i] != entry->key + i)
			damage("the value of a key");
	}
}

static struct entry **bucket_of(const struct map *map, uint64_t key)
{
	return &map->buckets[prng_mix(~key) & map->mask];
}

/* Where the map refers to the entry of that key, or would. */
static struct entry **place_of(const struct map *map, uint64_t key)
{
	struct entry **place = bucket_of(map, key);

	while (*place && (*place)->key != key)
		place = &(*place)->next;
	return place;
}

static void grow(struct map *map)
{
	struct map larger = {.mask = 2 * map->mask + 1, .count = map->count};

	larger.buckets = new_object((larger.mask + 1) * sizeof(struct entry *));
	for (size_t i = 0; i <= map->mask; i++) {
		struct entry *entry = map->buckets[i];

		while (entry) {
			struct entry *next = entry->next;
			struct entry **bucket = bucket_of(&larger, entry->key);

			entry->next = *bucket;
			*bucket = entry;
			entry = next;
		}
	}
	*map = larger;
}

static void insert(struct map *map, struct entry **place, uint64_t key)
{
	struct entry *entry = new_object(sizeof(*entry));

	entry->key = key;
	entry->value = new_value(key);
	*place = entry;
	if (++map->count > map->mask)
		grow(map);
}

static void toggle(struct map *map, bool *present, uint64_t key)
{
	struct entry **place = place_of(map, key);

	if (!*place != !present[key])
		damage("an entry that was %s", *place ? "removed" : "lost");
	present[key] = !present[key];
	if (!*place) {
		insert(map, place, key);
		return;
	}
	check(*place);
	*place = (*place)->next;
	map->count--;
}

static void look_up(const struct map *map, const bool *present, uint64_t key)
{
	const struct entry *entry = *place_of(map, key);

	if (!entry != !present[key])
		damage("an entry that was %s", entry ? "removed" : "lost");
	if (entry)
		check(entry);
}

static uint64_t checksum_of(const struct map *map, const bool *present, uint64_t keys)
{
	uint64_t checksum = 0;

	for (uint64_t key = 0; key < keys; key++) {
		look_up(map, present, key);
		if (present[key])
			checksum = prng_mix(checksum ^ key);
	}
	return checksum;
}

int main(int argc, char **argv)
{
	struct workload workload = workload_start(
		argc, argv, "Keep a hash map of which entries come and go.", NULL, NULL);
	uint32_t entries = (uint32_t)(workload_bytes(&workload) / BYTES_PER_ENTRY);
	uint32_t keys = 2 * entries;
	/* Of two changes one allocates. */
	uint64_t changes = 2 * (uint64_t)entries * workload.turnover;
	bool *present = new_unscanned(keys, sizeof(*present));
	struct prng prng = {workload.seed};
	struct map map = {.mask = FIRST_BUCKETS - 1};

	pin_thread(0);
	map.buckets = new_object(FIRST_BUCKETS * sizeof(struct entry *));
	for (uint32_t i = 0; i < entries; i++)
		toggle(&map, present, 2 * (uint64_t)i);
	for (uint64_t i = 0; i < changes; i++) {
		toggle(&map, present, prng_below(&prng, keys));
		look_up(&map, present, prng_below(&prng, keys));
	}
	report(changes, "changes", checksum_of(&map, present, keys));
	return 0;
}
