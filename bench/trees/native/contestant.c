/* A contestant as a process: contestant MODEL ROWS FEATURES. It reads a question a line (see contestant.ts) and answers with a line of JSON. */
#define _GNU_SOURCE
#include "contestant.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Explanations are checked on few rows: of large models LightGBM makes one or two a second. */
enum { MAX_LATENCIES = 1 << 22, CALLS_PER_CLOCK = 16, EXPLAINED_ROWS = 4 };

static double *rows;
static int row_count, features;

static double clock_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static double now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
static double used_ns(void) { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

static const double *row_at(long call) { return rows + (call % row_count) * features; }

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void fail(const char *message) {
  fprintf(stderr, "%s\n", message);
  exit(1);
}

static void read_rows(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("the rows cannot be read");
  fseek(file, 0, SEEK_END);
  long bytes = ftell(file);
  rewind(file);
  rows = malloc(bytes);
  row_count = bytes / 8 / features;
  if (fread(rows, 1, bytes, file) != (size_t)bytes) fail("the rows cannot be read");
  fclose(file);
}

static void write_doubles(const char *path, const double *values, long count) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(values, 8, count, file) != (size_t)count) fail("the answers cannot be written");
  fclose(file);
}

/* Mean CPU time of calls in a row, then quantiles of calls timed one by one. */
static void single(double ms) {
  static double latency[MAX_LATENCIES];
  static long call;
  double sink = 0, end = now_ns() + ms * 1e6, used = used_ns();
  long calls = 0;
  while (now_ns() < end)
    for (int i = 0; i < CALLS_PER_CLOCK; i++, calls++) sink += predict_row(row_at(call++));
  double mean = (used_ns() - used) / calls;
  long timed = 0;
  end = now_ns() + ms * 1e6;
  for (double before = now_ns(); before < end && timed < MAX_LATENCIES; timed++) {
    before = now_ns();
    sink += predict_row(row_at(call++));
    latency[timed] = now_ns() - before;
  }
  qsort(latency, timed, 8, ascending);
  printf("{\"mean\":%.1f,\"p50\":%.0f,\"p99\":%.0f,\"calls\":%ld,\"sink\":%d}\n", mean, latency[timed / 2], latency[(long)(timed * 0.99)], timed, sink == 0.5);
}

static void batch(int count, double ms) {
  double *many = malloc(8L * count * features), *out = malloc(8L * count);
  for (long row = 0; row < count; row++) memcpy(many + row * features, row_at(row), 8L * features);
  long passes = 0;
  double end = now_ns() + ms * 1e6, used = used_ns();
  for (; now_ns() < end || passes == 0; passes++) predict_rows(many, count, out);
  printf("{\"rowsPerSecond\":%.1f}\n", passes * (double)count / ((used_ns() - used) / 1e9));
  free(many);
  free(out);
}

static void explain(double ms) {
  static long call;
  double out[features + 1], end = now_ns() + ms * 1e6, used = used_ns();
  long calls = 0;
  for (; now_ns() < end; calls++)
    if (!explain_row(row_at(call++), out)) fail("this contestant explains nothing");
  printf("{\"mean\":%.1f}\n", (used_ns() - used) / calls);
}

static void answer(const char *kind, const char *path) {
  int explained = strcmp(kind, "contributions") == 0, wide = explained ? features + 1 : 1, count = explained ? EXPLAINED_ROWS : row_count;
  double *out = malloc(8L * count * wide);
  if (strcmp(kind, "batch") == 0) predict_rows(rows, count, out);
  else
    for (int row = 0; row < count; row++)
      if (explained) explain_row(row_at(row), out + (long)row * wide);
      else out[row] = predict_row(row_at(row));
  write_doubles(path, out, (long)count * wide);
  printf("{\"written\":%d}\n", count);
  free(out);
}

int main(int count, char **words) {
  if (count != 4) fail("usage: contestant MODEL ROWS FEATURES");
  features = atoi(words[3]);
  read_rows(words[2]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("{\"name\":\"%s\"}\n", load_model(words[1], features));
  char line[4096], first[64], path[4000];
  double a, b;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "single %lf", &a) == 1) single(a);
    else if (sscanf(line, "batch %lf %lf", &a, &b) == 2) batch((int)a, b);
    else if (sscanf(line, "explain %lf", &a) == 1) explain(a);
    else if (sscanf(line, "answer %63s %3999[^\n]", first, path) == 2) answer(first, path);
    else fail("unknown question");
  }
  return 0;
}
