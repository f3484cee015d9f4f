//! Queues an update as a sequence of products and kernels: forward, loss, backward, optimiser.
//!
//! N is time × streams, E, H and R the widths of the embedding, a layer and a head.

use crate::model::network::{Layout, LinearSlots, N_PARTS, NetworkConfig, Slot};
use crate::training::engines::cuda::buffers::{Buffers, LOGITS, NORM_BLOCKS, Shape};
use crate::training::engines::cuda::device::{Address, Argument, Buffer, Device, Matrix};
use crate::training::engines::cuda::error::CudaError;
use crate::training::engines::optimiser::{EPSILON, MAX_NORM, MEAN_DECAY, SQUARE_DECAY};

/// Queues the counting of one list of rows, after the rows are uploaded and the counts cleared.
pub(super) fn spread(
    device: &Device,
    shape: &Shape,
    buffers: &Buffers,
    list_idx: usize,
) -> Result<(), CudaError> {
    let address = |buffer: &Buffer<u32>| Argument::from(buffer.address(device));
    device.launch(
        "spread_rows",
        32 * shape.n_positions(),
        &[
            address(&buffers.rows[list_idx]),
            address(&buffers.spans[list_idx]),
            buffers.counts[list_idx].address(device).into(),
            shape.n_positions().into(),
            shape.counts_stride(list_idx).into(),
        ],
    )
}

/// Queues an update, without the uploads.
pub(super) fn queue(
    device: &Device,
    layout: &Layout,
    shape: &Shape,
    buffers: &Buffers,
) -> Result<(), CudaError> {
    let pass =
        Pass { device, layout, shape, buffers, parameters: &buffers.thinned, dropout: shape.dropout.outputs };
    pass.leave_out(&buffers.parameters, &buffers.thinned, layout.slots())?;
    pass.forward()?;
    pass.heads()?;
    pass.backward()?;
    let left_out = shape.weight_dropout.tensors().iter().map(|tensor| &tensor.slot);
    pass.leave_out(&buffers.gradient, &buffers.gradient, left_out.collect())?;
    pass.optimise()
}

/// Queues the forward pass without dropout, and the loss.
pub(super) fn queue_evaluation(
    device: &Device,
    layout: &Layout,
    shape: &Shape,
    buffers: &Buffers,
) -> Result<(), CudaError> {
    let pass = Pass { device, layout, shape, buffers, parameters: &buffers.parameters, dropout: 0.0 };
    pass.forward()?;
    pass.loss_alone()
}

struct Pass<'a> {
    device: &'a Device,
    layout: &'a Layout,
    shape: &'a Shape,
    buffers: &'a Buffers,
    /// Those that are computed with.
    parameters: &'a Buffer<f32>,
    dropout: f32,
}

impl Pass<'_> {
    fn at<T>(&self, buffer: &Buffer<T>) -> Address {
        buffer.address(self.device)
    }

    /// A parameter tensor, `[rows, columns]`.
    fn weight(&self, slot: &Slot) -> Matrix {
        Matrix::new(self.at(self.parameters).plus(self.shape.offsets.of(slot)), slot.shape[1])
    }

    fn bias(&self, slot: &Slot) -> Argument {
        self.at(self.parameters).plus(self.shape.offsets.of(slot)).into()
    }

    /// The gradient of a parameter tensor.
    fn weight_gradient(&self, slot: &Slot) -> Matrix {
        Matrix::new(self.at(&self.buffers.gradient).plus(self.shape.offsets.of(slot)), slot.shape[1])
    }

    fn matrix(&self, buffer: &Buffer<f32>, stride: usize) -> Matrix {
        Matrix::new(self.at(buffer), stride)
    }

    /// How often each row of a table occurs, `[N, rows]`.
    fn counts(&self, list_idx: usize) -> Matrix {
        self.matrix(&self.buffers.counts[list_idx], self.shape.counts_stride(list_idx))
    }

    /// Copies tensors without what is left out of them in this update.
    fn leave_out(&self, from: &Buffer<f32>, to: &Buffer<f32>, slots: Vec<&Slot>) -> Result<(), CudaError> {
        for slot in slots {
            let mut tensors = self.shape.weight_dropout.tensors().iter();
            let tensor = tensors.find(|tensor| tensor.slot.range == slot.range);
            let (width, share, first_number) =
                tensor.map_or((1, 0, 0), |tensor| (tensor.width, tensor.share, tensor.first_number));
            let (begin, length) = (self.shape.offsets.of(slot), slot.range.len());
            self.device.launch(
                "leave_out",
                length,
                &[
                    self.at(from).plus(begin).into(),
                    self.at(to).plus(begin).into(),
                    self.at(&self.buffers.seeds).into(),
                    (first_number as usize).into(),
                    width.into(),
                    usize::from(share).into(),
                    length.into(),
                ],
            )?;
        }
        Ok(())
    }

    fn forward(&self) -> Result<(), CudaError> {
        let NetworkConfig { embedding, hidden, .. } = self.shape.config;
        let (n, batch) = (self.shape.n_positions(), self.shape.n_streams);
        let input = self.matrix(&self.buffers.input, embedding);
        let sizes = [n, self.shape.tables[0], embedding];
        self.device.multiply(self.counts(0), self.weight(&self.layout.embedding), input, sizes, false)?;
        let mut below = (input, embedding);
        for (layer_idx, (slots, layer)) in self.layout.lstm.iter().zip(&self.buffers.layers).enumerate() {
            let gates = self.matrix(&layer.gates, 4 * hidden);
            self.device.multiply(
                below.0,
                self.weight(&slots.input).transposed(),
                gates,
                [n, below.1, 4 * hidden],
                false,
            )?;
            let recurrent = self.weight(&slots.recurrent).transposed();
            self.device.launch(
                "begin_window",
                batch * hidden,
                &[
                    self.at(&layer.output_before).into(),
                    self.at(&layer.cell_before).into(),
                    self.at(&self.buffers.begins).into(),
                    self.shape.n_steps.into(),
                    batch.into(),
                    hidden.into(),
                ],
            )?;
            for step in 0..self.shape.n_steps {
                let before = Matrix::new(self.at(&layer.output_before).plus(step * batch * hidden), hidden);
                let own = Matrix::new(self.at(&layer.gates).plus(4 * step * batch * hidden), 4 * hidden);
                self.device.multiply(before, recurrent, own, [batch, hidden, 4 * hidden], true)?;
                self.device.launch(
                    "cell_forward",
                    batch * hidden,
                    &[
                        self.at(&layer.gates).into(),
                        self.bias(&slots.bias),
                        self.at(&layer.cell).into(),
                        self.at(&layer.output_before).into(),
                        self.at(&layer.cell_before).into(),
                        self.at(&layer.output).into(),
                        self.at(&self.buffers.begins).into(),
                        self.at(&self.buffers.seeds).into(),
                        layer_idx.into(),
                        self.dropout.into(),
                        step.into(),
                        self.shape.n_steps.into(),
                        batch.into(),
                        hidden.into(),
                    ],
                )?;
            }
            below = (self.matrix(&layer.output, hidden), hidden);
        }
        Ok(())
    }

    /// Losses, the heads' gradients, and the gradient of the top layer's output.
    fn heads(&self) -> Result<(), CudaError> {
        let NetworkConfig { hidden, head, .. } = self.shape.config;
        let n = self.shape.n_positions();
        let width = self.layout.heads.len() * head;
        let Some(top) = self.buffers.layers.last() else { return Ok(()) };
        let (output, output_gradient) =
            (self.matrix(&top.output, hidden), self.matrix(&top.output_gradient, hidden));
        self.loss(&self.layout.family, output, 0)?;
        self.linear_backward(&self.layout.family, self.logits(), output, output_gradient, false)?;

        self.inner(output)?;
        let trunk = &self.layout.trunk;
        let values = self.at(&self.buffers.inner);
        let part =
            |buffer: &Buffer<f32>, head_idx: usize| Matrix::new(self.at(buffer).plus(head_idx * head), width);
        for (head_idx, slots) in self.layout.heads.iter().enumerate() {
            let own = part(&self.buffers.inner, head_idx);
            self.loss(&slots.out, own, 1 + head_idx)?;
            let own_gradient = part(&self.buffers.inner_gradient, head_idx);
            self.linear_backward(&slots.out, self.logits(), own, own_gradient, false)?;
        }
        let gradient = self.at(&self.buffers.inner_gradient);
        self.device.launch(
            "rectify_backward",
            n * width,
            &[gradient.into(), values.into(), (n * width).into()],
        )?;
        for (head_idx, slots) in self.layout.heads.iter().enumerate() {
            let own_gradient = part(&self.buffers.inner_gradient, head_idx);
            let sizes = [self.shape.tables[1 + head_idx], n, head];
            let counts = self.counts(1 + head_idx).transposed();
            self.device.multiply(counts, own_gradient, self.weight_gradient(&slots.table), sizes, false)?;
        }
        let inner_gradient = self.matrix(&self.buffers.inner_gradient, width);
        self.linear_backward(trunk, inner_gradient, output, output_gradient, true)?;
        self.sum_losses()
    }

    /// Losses without gradients.
    fn loss_alone(&self) -> Result<(), CudaError> {
        let NetworkConfig { hidden, head, .. } = self.shape.config;
        let Some(top) = self.buffers.layers.last() else { return Ok(()) };
        let output = self.matrix(&top.output, hidden);
        self.loss(&self.layout.family, output, 0)?;
        self.inner(output)?;
        for (head_idx, slots) in self.layout.heads.iter().enumerate() {
            let own = Matrix::new(
                self.at(&self.buffers.inner).plus(head_idx * head),
                self.layout.heads.len() * head,
            );
            self.loss(&slots.out, own, 1 + head_idx)?;
        }
        self.sum_losses()
    }

    /// The first layer of all heads.
    fn inner(&self, output: Matrix) -> Result<(), CudaError> {
        let NetworkConfig { hidden, head, .. } = self.shape.config;
        let (n, width) = (self.shape.n_positions(), self.layout.heads.len() * head);
        let trunk = &self.layout.trunk;
        let inner = self.matrix(&self.buffers.inner, width);
        self.device.multiply(
            output,
            self.weight(&trunk.weight).transposed(),
            inner,
            [n, hidden, width],
            false,
        )?;
        for (head_idx, slots) in self.layout.heads.iter().enumerate() {
            let own = Matrix::new(self.at(&self.buffers.inner).plus(head_idx * head), width);
            let sizes = [n, self.shape.tables[1 + head_idx], head];
            self.device.multiply(self.counts(1 + head_idx), self.weight(&slots.table), own, sizes, true)?;
        }
        let values = self.at(&self.buffers.inner);
        let bias = self.bias(&trunk.bias);
        self.device.launch("rectify", n * width, &[values.into(), bias, (n * width).into(), width.into()])
    }

    fn sum_losses(&self) -> Result<(), CudaError> {
        let (losses, sums) = (self.at(&self.buffers.losses), self.at(&self.buffers.loss_sums));
        self.device.launch(
            "sum_losses",
            N_PARTS * 256,
            &[losses.into(), sums.into(), self.shape.n_positions().into()],
        )
    }

    fn logits(&self) -> Matrix {
        self.matrix(&self.buffers.logits, LOGITS)
    }

    /// The logits of one part, then its loss and their gradient.
    fn loss(&self, slots: &LinearSlots, input: Matrix, part_idx: usize) -> Result<(), CudaError> {
        let n = self.shape.n_positions();
        let [n_classes, n_inputs] = slots.weight.shape;
        let weight = self.weight(&slots.weight).transposed();
        self.device.multiply(input, weight, self.logits(), [n, n_inputs, n_classes], false)?;
        self.device.launch(
            "lose",
            32 * n,
            &[
                self.at(&self.buffers.logits).into(),
                self.bias(&slots.bias),
                self.at(&self.buffers.targets).into(),
                self.at(&self.buffers.losses).into(),
                part_idx.into(),
                n_classes.into(),
                LOGITS.into(),
                (1.0 / n as f32).into(),
                n.into(),
            ],
        )
    }

    /// Gradients of a linear layer: its weights, its bias, and its input's.
    fn linear_backward(
        &self,
        slots: &LinearSlots,
        out_gradient: Matrix,
        input: Matrix,
        input_gradient: Matrix,
        is_added: bool,
    ) -> Result<(), CudaError> {
        let n = self.shape.n_positions();
        let [n_out, n_in] = slots.weight.shape;
        let weight_gradient = self.weight_gradient(&slots.weight);
        self.device.multiply(out_gradient.transposed(), input, weight_gradient, [n_out, n, n_in], false)?;
        self.bias_gradient(&slots.bias, out_gradient)?;
        self.device.multiply(
            out_gradient,
            self.weight(&slots.weight),
            input_gradient,
            [n, n_out, n_in],
            is_added,
        )
    }

    /// The gradient of a bias: the sum of the rows of its output's gradient.
    fn bias_gradient(&self, slot: &Slot, out_gradient: Matrix) -> Result<(), CudaError> {
        let n = self.shape.n_positions();
        let ones = self.matrix(&self.buffers.ones, n);
        self.device.multiply(ones, out_gradient, self.weight_gradient(slot), [1, n, slot.shape[1]], false)
    }

    fn backward(&self) -> Result<(), CudaError> {
        let NetworkConfig { embedding, hidden, .. } = self.shape.config;
        let n = self.shape.n_positions();
        for layer_idx in (0..self.buffers.layers.len()).rev() {
            self.backward_through_time(layer_idx)?;
            let (slots, layer) = (&self.layout.lstm[layer_idx], &self.buffers.layers[layer_idx]);
            let gates = self.matrix(&layer.gates, 4 * hidden);
            let (input, input_gradient, width) =
                match layer_idx.checked_sub(1).map(|below| &self.buffers.layers[below]) {
                    Some(below) => (&below.output, &below.output_gradient, hidden),
                    None => (&self.buffers.input, &self.buffers.input_gradient, embedding),
                };
            let (input, input_gradient) = (self.matrix(input, width), self.matrix(input_gradient, width));
            let before = self.matrix(&layer.output_before, hidden);
            let by_gate = gates.transposed();
            let multiply = |b: Matrix, slot: &Slot| {
                self.device.multiply(
                    by_gate,
                    b,
                    self.weight_gradient(slot),
                    [4 * hidden, n, slot.shape[1]],
                    false,
                )
            };
            multiply(input, &slots.input)?;
            multiply(before, &slots.recurrent)?;
            self.bias_gradient(&slots.bias, gates)?;
            self.device.multiply(
                gates,
                self.weight(&slots.input),
                input_gradient,
                [n, 4 * hidden, width],
                false,
            )?;
        }
        let input_gradient = self.matrix(&self.buffers.input_gradient, embedding);
        let table = &self.layout.embedding;
        let sizes = [self.shape.tables[0], n, embedding];
        self.device.multiply(
            self.counts(0).transposed(),
            input_gradient,
            self.weight_gradient(table),
            sizes,
            false,
        )
    }

    fn backward_through_time(&self, layer_idx: usize) -> Result<(), CudaError> {
        let (hidden, batch) = (self.shape.config.hidden, self.shape.n_streams);
        let (slots, layer) = (&self.layout.lstm[layer_idx], &self.buffers.layers[layer_idx]);
        let output_later = self.matrix(&self.buffers.output_later, hidden);
        for step in (0..self.shape.n_steps).rev() {
            self.device.launch(
                "cell_backward",
                batch * hidden,
                &[
                    self.at(&layer.gates).into(),
                    self.at(&layer.cell).into(),
                    self.at(&layer.cell_before).into(),
                    self.at(&layer.output_gradient).into(),
                    self.at(&self.buffers.output_later).into(),
                    self.at(&self.buffers.cell_gradient).into(),
                    self.at(&self.buffers.begins).into(),
                    self.at(&self.buffers.seeds).into(),
                    layer_idx.into(),
                    self.dropout.into(),
                    step.into(),
                    self.shape.n_steps.into(),
                    batch.into(),
                    hidden.into(),
                ],
            )?;
            if step > 0 {
                let own = Matrix::new(self.at(&layer.gates).plus(4 * step * batch * hidden), 4 * hidden);
                let sizes = [batch, 4 * hidden, hidden];
                self.device.multiply(own, self.weight(&slots.recurrent), output_later, sizes, false)?;
            }
        }
        Ok(())
    }

    fn optimise(&self) -> Result<(), CudaError> {
        let length = self.shape.offsets.length;
        let (gradient, norm) = (self.at(&self.buffers.gradient), self.at(&self.buffers.norm));
        let sums = self.at(&self.buffers.norm_sums);
        self.device.launch(
            "sum_squares",
            NORM_BLOCKS * 256,
            &[gradient.into(), sums.into(), length.into()],
        )?;
        self.device.launch("norm_of", 256, &[sums.into(), norm.into()])?;
        self.device.launch(
            "adamw",
            length,
            &[
                self.at(&self.buffers.parameters).into(),
                self.at(&self.buffers.mean).into(),
                self.at(&self.buffers.square).into(),
                gradient.into(),
                self.at(&self.buffers.decay).into(),
                norm.into(),
                self.at(&self.buffers.rates).into(),
                MAX_NORM.into(),
                MEAN_DECAY.into(),
                SQUARE_DECAY.into(),
                EPSILON.into(),
                length.into(),
            ],
        )
    }
}
