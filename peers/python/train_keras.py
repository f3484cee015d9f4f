"""Training updates in Keras 3 on TensorFlow, f32, AdamW, in a tf.function: python train_keras.py DATA UPDATES THREADS

The rows of a position are padded to one length, since a Keras embedding has no bags; row 0 of each table is
kept at zero for that. The hidden state is carried from window to window, as everywhere.
"""
import os
import sys
import time

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import keras
import numpy as np
import tensorflow as tf

import network

tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[3]))
tf.config.threading.set_inter_op_parallelism_threads(1)
sizes, windows = network.load(sys.argv[1])
steps, batch, hidden, width = sizes["steps"], sizes["batch"], sizes["hidden"], sizes["head"]


def padded(rows, begins, length):
    """[positions, length], rows counted from 1, the rest 0."""
    counts = np.diff(np.append(begins, len(rows)))
    out = np.zeros((len(begins), length), np.int32)
    place = np.arange(len(rows)) - np.repeat(begins, counts)
    out[np.repeat(np.arange(len(begins)), counts), place] = rows + 1
    return out


def longest(get):
    return max(int(np.diff(np.append(get(w)[1], len(get(w)[0]))).max()) for w in windows)


lengths = [longest(lambda w: w["step"])] + [longest(lambda w, k=k: w["heads"][k]) for k in range(4)]
tensors = []
for w in windows:
    rows = [padded(*pair, length) for pair, length in zip([w["step"], *w["heads"]], lengths)]
    # Keras wants [batch, time]; ours are [time, batch].
    turn = lambda a: np.ascontiguousarray(a.reshape(steps, batch, *a.shape[1:]).swapaxes(0, 1))
    closed = np.arange(128)[None, :] < w["lowest"][:, None]
    tensors.append([tf.constant(turn(a)) for a in [*rows, w["parts"].astype(np.int32), closed]])


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        table = lambda rows, columns: keras.layers.Embedding(rows + 1, columns)
        self.embedding = table(sizes["step_rows"], sizes["embedding"])
        self.lstm = [keras.layers.LSTM(hidden, return_sequences=True, return_state=True) for _ in range(sizes["layers"])]
        self.dropout = keras.layers.Dropout(0.2)
        self.family = keras.layers.Dense(sizes["families"])
        self.trunk = keras.layers.Dense(4 * width)
        self.tables = [table(rows, width) for rows, _ in sizes["heads"]]
        self.outs = [keras.layers.Dense(classes) for _, classes in sizes["heads"]]

    def bag(self, table, rows):
        is_there = tf.cast(rows > 0, tf.float32)[..., None]
        return tf.reduce_sum(table(rows) * is_there, axis=-2)

    def call(self, inputs, states):
        step, heads, parts, closed = inputs[0], inputs[1:5], inputs[5], inputs[6]
        loss_of = lambda logits, k: tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(parts[..., k], logits))
        x, after = self.bag(self.embedding, step), []
        for lstm, state in zip(self.lstm, states):
            x, h, c = lstm(x, initial_state=state)
            x = self.dropout(x, training=True)
            after.append([h, c])
        loss, trunk = loss_of(self.family(x), 0), self.trunk(x)
        for k in range(4):
            inner = tf.nn.relu(trunk[..., k * width : (k + 1) * width] + self.bag(self.tables[k], heads[k]))
            logits = self.outs[k](inner)
            if k == 1:
                logits = tf.where(closed, -1e9, logits)
            loss += loss_of(logits, 1 + k)
        return loss, after


net = Network()
optimiser = keras.optimizers.AdamW(1e-3, weight_decay=0.01, global_clipnorm=1.0)
states = [[tf.zeros((batch, hidden)) for _ in range(2)] for _ in range(sizes["layers"])]
net(tensors[0], states)
optimiser.build(net.trainable_variables)


@tf.function
def update(inputs, states):
    with tf.GradientTape() as tape:
        loss, states = net(inputs, states)
    gradients = tape.gradient(loss, net.trainable_variables)
    optimiser.apply_gradients(zip(gradients, net.trainable_variables))
    return loss, states


seconds = []
for idx in range(int(sys.argv[2])):
    started = time.perf_counter()
    loss, states = update(tensors[idx % len(tensors)], states)
    loss.numpy()
    seconds.append(time.perf_counter() - started)
network.say(seconds, version=f"{keras.__version__} on TensorFlow {tf.__version__}")
