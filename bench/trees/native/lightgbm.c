/* LightGBM by its C interface, on one thread: the "fast" calls for single rows, PredictForMat for batches. The wheel ships the library without its header. */
#include "contestant.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef void *Handle;
enum { FLOAT64 = 1, ROW_MAJOR = 1, RAW_SCORE = 1, CONTRIBUTIONS = 3, ALL_ITERATIONS = -1 };
static const char *const one_thread = "num_threads=1 verbosity=-1";

extern int LGBM_BoosterCreateFromModelfile(const char *path, int *iterations, Handle *booster);
extern int LGBM_BoosterPredictForMatSingleRowFastInit(Handle booster, int kind, int start, int iterations, int data_type, int32_t columns,
                                                      const char *parameters, Handle *fast);
extern int LGBM_BoosterPredictForMatSingleRowFast(Handle fast, const void *row, int64_t *length, double *out);
extern int LGBM_BoosterPredictForMat(Handle booster, const void *rows, int data_type, int32_t count, int32_t columns, int row_major, int kind, int start,
                                     int iterations, const char *parameters, int64_t *length, double *out);
extern const char *LGBM_GetLastError(void);

static Handle booster, fast_raw, fast_contributions;
static int columns;

static void check(int failed) {
  if (!failed) return;
  fprintf(stderr, "LightGBM: %s\n", LGBM_GetLastError());
  exit(1);
}

const char *load_model(const char *path, int features) {
  int iterations;
  columns = features;
  check(LGBM_BoosterCreateFromModelfile(path, &iterations, &booster));
  check(LGBM_BoosterPredictForMatSingleRowFastInit(booster, RAW_SCORE, 0, ALL_ITERATIONS, FLOAT64, columns, one_thread, &fast_raw));
  check(LGBM_BoosterPredictForMatSingleRowFastInit(booster, CONTRIBUTIONS, 0, ALL_ITERATIONS, FLOAT64, columns, one_thread, &fast_contributions));
  return "LightGBM C";
}

double predict_row(const double *row) {
  double out;
  int64_t length;
  check(LGBM_BoosterPredictForMatSingleRowFast(fast_raw, row, &length, &out));
  return out;
}

void predict_rows(const double *rows, int count, double *out) {
  int64_t length;
  check(LGBM_BoosterPredictForMat(booster, rows, FLOAT64, count, columns, ROW_MAJOR, RAW_SCORE, 0, ALL_ITERATIONS, one_thread, &length, out));
}

int explain_row(const double *row, double *out) {
  int64_t length;
  check(LGBM_BoosterPredictForMatSingleRowFast(fast_contributions, row, &length, out));
  return 1;
}
