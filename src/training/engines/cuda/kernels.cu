// What a training update does between its matrix products. Compiled at run time by NVRTC.
//
// N is time × batch positions, time-major; H the width of a layer. Each value is written by one thread and
// sums are taken in a fixed order, so that the same run gives the same numbers again. The one exception,
// the counts of spread_rows, are whole numbers, which add up exactly in any order.

#define INFINITY __int_as_float(0x7f800000)

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }

__device__ inline float tangent(float x) { return 2.0f * sigmoid(2.0f * x) - 1.0f; }

// A random number for each place and update: the mixer of SplitMix64 (Steele et al. 2014).
__device__ inline unsigned long long random_bits(unsigned long long seed, unsigned long long place) {
    unsigned long long z = seed + place * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

// 0 for a dropped output, or what the others are multiplied by.
__device__ inline float dropout_mask(const unsigned long long* seed, int layer, int place, float dropout) {
    if (dropout == 0.0f) return 1.0f;
    unsigned bits = random_bits(*seed, ((unsigned long long)layer << 40) + place) >> 32;
    return (bits >> 8) * (1.0f / 16777216.0f) < dropout ? 0.0f : 1.0f / (1.0f - dropout);
}

extern "C" {

// Copies parameters or gradients; groups of `width` are left out, `share` of 256, and the others multiplied. Draws what
// training::engines::weight_dropout draws: its nth_random is random_bits of the number after.
__global__ void leave_out(const float* from, float* to, const unsigned long long* seeds, int first_number, int width,
                          int share, int n) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= n) return;
    int group = idx / width;
    unsigned long long bits = random_bits(seeds[1], (unsigned long long)first_number + group / 8 + 1);
    int byte = (int)(bits >> (8 * (group % 8))) & 255;
    to[idx] = byte < share ? 0.0f : from[idx] * (256.0f / (256.0f - share));
}

// Counts each position's rows into a dense matrix [N, stride]; a warp for each position.
__global__ void spread_rows(const unsigned* rows, const unsigned* spans, float* counts, int n, int stride) {
    int position = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (position >= n) return;
    for (unsigned idx = spans[2 * position] + threadIdx.x % 32; idx < spans[2 * position + 1]; idx += 32)
        atomicAdd(counts + (size_t)position * stride + rows[idx], 1.0f);
}

// The hidden state carried from the last window, but for streams whose piece begins here.
__global__ void begin_window(float* output_before, float* cell_before, const unsigned char* begins, int n_steps,
                             int batch, int hidden) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= batch * hidden) return;
    bool begin = begins[idx / hidden];
    size_t carried = (size_t)n_steps * batch * hidden + idx;
    output_before[idx] = begin ? 0.0f : output_before[carried];
    cell_before[idx] = begin ? 0.0f : cell_before[carried];
}

// One step of one layer: sums of the gates [batch, 4H] become activated gates; writes the cell, the dropped
// output, and what the next step finds before it.
__global__ void cell_forward(float* gates, const float* bias, float* cell, float* output_before, float* cell_before,
                             float* output, const unsigned char* begins, const unsigned long long* seed, int layer,
                             float dropout, int step, int n_steps, int batch, int hidden) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    int block = batch * hidden;
    if (idx >= block) return;
    int stream = idx / hidden, unit = idx % hidden;
    float* own = gates + ((size_t)step * batch + stream) * 4 * hidden + unit;
    float i = sigmoid(own[0] + bias[unit]);
    float f = sigmoid(own[hidden] + bias[hidden + unit]);
    float g = tangent(own[2 * hidden] + bias[2 * hidden + unit]);
    float o = sigmoid(own[3 * hidden] + bias[3 * hidden + unit]);
    size_t at = (size_t)step * block + idx;
    float c = f * cell_before[at] + i * g;
    float h = o * tangent(c);
    own[0] = i;
    own[hidden] = f;
    own[2 * hidden] = g;
    own[3 * hidden] = o;
    cell[at] = c;
    output[at] = h * dropout_mask(seed, layer, (int)at, dropout);
    bool begins_next = step + 1 < n_steps && begins[(step + 1) * batch + stream];
    output_before[at + block] = begins_next ? 0.0f : h;
    cell_before[at + block] = begins_next ? 0.0f : c;
}

// One step back: activated gates become the gradients of their sums. `output_later` and `cell_gradient` hold
// what flows back from the step after.
__global__ void cell_backward(float* gates, const float* cell, const float* cell_before, const float* output_gradient,
                              const float* output_later, float* cell_gradient, const unsigned char* begins,
                              const unsigned long long* seed, int layer, float dropout, int step, int n_steps,
                              int batch, int hidden) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    int block = batch * hidden;
    if (idx >= block) return;
    int stream = idx / hidden, unit = idx % hidden;
    float* own = gates + ((size_t)step * batch + stream) * 4 * hidden + unit;
    float i = own[0], f = own[hidden], g = own[2 * hidden], o = own[3 * hidden];
    size_t at = (size_t)step * block + idx;
    bool flows = step + 1 < n_steps && !begins[(step + 1) * batch + stream];
    float dh = output_gradient[at] * dropout_mask(seed, layer, (int)at, dropout) + (flows ? output_later[idx] : 0.0f);
    float squashed = tangent(cell[at]);
    float through = dh * o * (1.0f - squashed * squashed) + (flows ? cell_gradient[idx] : 0.0f);
    own[0] = through * g * i * (1.0f - i);
    own[hidden] = through * cell_before[at] * f * (1.0f - f);
    own[2 * hidden] = through * i * (1.0f - g * g);
    own[3 * hidden] = dh * squashed * o * (1.0f - o);
    cell_gradient[idx] = through * f;
}

// Adds the bias and cuts off below zero.
__global__ void rectify(float* values, const float* bias, int n, int width) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx < n) values[idx] = fmaxf(values[idx] + bias[idx % width], 0.0f);
}

// Nothing flows back where the value was cut off.
__global__ void rectify_backward(float* gradient, const float* values, int n) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx < n && values[idx] <= 0.0f) gradient[idx] = 0.0f;
}

// The loss of one part of each position in nats, and its gradient in place of the logits [N, stride]; a warp
// for each position. `targets` is [N, 7]: the classes of the six parts, below zero for padding, and the
// lowest pitch that can follow.
__global__ void lose(float* logits, const float* bias, const int* targets, float* losses, int part, int n_classes,
                     int stride, float scale, int n) {
    int position = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (position >= n) return;
    float* own = logits + (size_t)position * stride;
    int target = targets[7 * position + part];
    int lowest = part == 2 ? targets[7 * position + 6] : 0;
    float values[4], highest = -INFINITY;
    for (int k = 0; k < 4; k++) {
        int idx = lane + 32 * k;
        values[k] = idx >= lowest && idx < n_classes ? own[idx] + bias[idx] : -INFINITY;
        highest = fmaxf(highest, values[k]);
    }
    for (int k = 16; k > 0; k /= 2) highest = fmaxf(highest, __shfl_xor_sync(0xffffffff, highest, k));
    float total = 0.0f, chosen = 0.0f;
    for (int k = 0; k < 4; k++) {
        if (lane + 32 * k == target) chosen = values[k] - highest;
        values[k] = expf(values[k] - highest);
        total += values[k];
    }
    for (int k = 16; k > 0; k /= 2) {
        total += __shfl_xor_sync(0xffffffff, total, k);
        chosen += __shfl_xor_sync(0xffffffff, chosen, k);
    }
    for (int k = 0; k < 4; k++) {
        int idx = lane + 32 * k;
        if (idx < n_classes)
            own[idx] = target < 0 ? 0.0f : scale * (values[k] / total - (idx == target ? 1.0f : 0.0f));
    }
    if (lane == 0) losses[6 * position + part] = target < 0 ? 0.0f : logf(total) - chosen;
}

// Sums of `losses` [N, 6] by part; a block for each part.
__global__ void sum_losses(const float* losses, double* sums, int n) {
    __shared__ double partial[256];
    double sum = 0.0;
    for (int position = threadIdx.x; position < n; position += 256) sum += losses[6 * position + blockIdx.x];
    partial[threadIdx.x] = sum;
    __syncthreads();
    for (int k = 128; k > 0; k /= 2) {
        if (threadIdx.x < k) partial[threadIdx.x] += partial[threadIdx.x + k];
        __syncthreads();
    }
    if (threadIdx.x == 0) sums[blockIdx.x] = partial[0];
}

// Sums of squares by block of 256 threads.
__global__ void sum_squares(const float* values, double* sums, int n) {
    __shared__ double partial[256];
    double sum = 0.0;
    for (int idx = blockIdx.x * 256 + threadIdx.x; idx < n; idx += gridDim.x * 256)
        sum += (double)values[idx] * values[idx];
    partial[threadIdx.x] = sum;
    __syncthreads();
    for (int k = 128; k > 0; k /= 2) {
        if (threadIdx.x < k) partial[threadIdx.x] += partial[threadIdx.x + k];
        __syncthreads();
    }
    if (threadIdx.x == 0) sums[blockIdx.x] = partial[0];
}

// The norm of the gradient from the sums of 256 blocks; 256 threads.
__global__ void norm_of(const double* sums, float* norm) {
    __shared__ double partial[256];
    partial[threadIdx.x] = sums[threadIdx.x];
    __syncthreads();
    for (int k = 128; k > 0; k /= 2) {
        if (threadIdx.x < k) partial[threadIdx.x] += partial[threadIdx.x + k];
        __syncthreads();
    }
    if (threadIdx.x == 0) *norm = (float)sqrt(partial[0]);
}

// AdamW, as in training::optimiser. `rates` is the learning rate and the same corrected for bias.
__global__ void adamw(float* values, float* mean, float* square, const float* gradient, const float* decay,
                      const float* norm, const float* rates, float max_norm, float mean_decay, float square_decay,
                      float epsilon, int n) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= n) return;
    float scale = isfinite(*norm) ? fminf(max_norm / *norm, 1.0f) : 0.0f;
    float g = scale > 0.0f ? gradient[idx] * scale : 0.0f;
    mean[idx] += (1.0f - mean_decay) * (g - mean[idx]);
    square[idx] += (1.0f - square_decay) * (g * g - square[idx]);
    values[idx] -= rates[1] * mean[idx] / (sqrtf(square[idx]) + epsilon) + rates[0] * decay[idx] * values[idx];
}

}
