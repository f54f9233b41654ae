// A program in C, on wasi-libc: answers each line of its stdin a moment later, and leaves a file behind.

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  const char *name = getenv("NAME");
  printf("%d %s\n", argc, name == NULL ? "nobody" : name);
  fflush(stdout);

  FILE *kept = fopen("/work/kept.txt", "w");
  if (kept == NULL) {
    perror(argv[0]);
    return 1;
  }
  char line[100];
  while (fgets(line, sizeof line, stdin) != NULL) {
    fputs(line, kept);
    poll(NULL, 0, 10);
    for (char *at = line; *at != '\0'; at++) *at = (char)toupper((unsigned char)*at);
    fputs(line, stdout);
    fflush(stdout);
  }
  return fclose(kept);
}
