/* What a contestant in C gives to contestant.c, which talks with the bench and takes the times. Rows are row-major doubles, NaN = missing. */
#ifndef CONTESTANT_H
#define CONTESTANT_H

/* Reads the model; ends the process with a message if it cannot. Returns the contestant's name. */
const char *load_model(const char *path, int features);
double predict_row(const double *row);
void predict_rows(const double *rows, int count, double *out);
/* Features + 1 contributions of a row; returns 0 if the contestant explains nothing. */
int explain_row(const double *row, double *out);

#endif
