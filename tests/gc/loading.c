/* SPDX-License-Identifier: MIT */
/*
 * loading.c - load a plugin that brings libgc with it, for nobody else.
 *
 *	loading PLUGIN
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	void *symbol = plugin ? dlsym(plugin, "plugin_works") : NULL;
	int (*works)(void);

	if (!symbol) {
		fprintf(stderr, "loading: %s\n", argc == 2 ? dlerror() : "no plugin given");
		return 2;
	}
	memcpy(&works, &symbol, sizeof(works));
	if (works())
		return 0;
	fputs("loading: the plugin's calls did not reach its libgc\n", stderr);
	return 1;
}
