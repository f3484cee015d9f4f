//! A network in training on a GPU.

use cudarc::driver::CudaGraph;

use crate::model::network::{Layout, Network};
use crate::training::config::Dropout;
use crate::training::engines::cuda::buffers::{Buffers, Shape};
use crate::training::engines::cuda::device::{Buffer, Device, Precision};
use crate::training::engines::cuda::error::CudaError;
use crate::training::engines::cuda::pass;
use crate::training::engines::cuda::staged::Staged;
use crate::training::engines::optimiser::AdamW;
use crate::training::engines::weight_dropout::WeightDropout;
use crate::training::losses::Losses;

/// A network in training on a GPU.
pub struct CudaTrainer {
    device: Device,
    layout: Layout,
    shape: Shape,
    buffers: Buffers,
    graph: CudaGraph,
    evaluation: CudaGraph,
    n_updates: u64,
}

impl CudaTrainer {
    /// Copies `network` to the GPU, to be trained on windows of `n_streams` sequences of `n_steps` notes.
    ///
    /// # Errors
    /// If there is no GPU, or it fails.
    pub fn new(
        network: &Network,
        optimiser: &AdamW,
        [n_steps, n_streams]: [usize; 2],
        dropout: Dropout,
        precision: Precision,
    ) -> Result<Self, CudaError> {
        let device = Device::open(precision)?;
        let shape = Shape::new(network, n_steps, n_streams, dropout);
        let mut buffers = Buffers::new(&device, network, &shape)?;
        let layout = network.layout.clone();
        // A first pass over zeros, so that CUDA has loaded everything before recording.
        pass::queue(&device, &layout, &shape, &buffers)?;
        let aligned = |values: &[f32]| shape.offsets.spread(&layout, values);
        device.upload(&aligned(&network.parameters), &mut buffers.parameters)?;
        device.upload(&aligned(&optimiser.mean), &mut buffers.mean)?;
        device.upload(&aligned(&optimiser.square), &mut buffers.square)?;
        device.upload(&aligned(optimiser.decay()), &mut buffers.decay)?;
        device.upload(&vec![1.0; n_steps * n_streams], &mut buffers.ones)?;
        let graph = device.record(|| pass::queue(&device, &layout, &shape, &buffers))?;
        let evaluation = device.record(|| pass::queue_evaluation(&device, &layout, &shape, &buffers))?;
        let n_updates = optimiser.n_updates;
        Ok(Self { device, layout, shape, buffers, graph, evaluation, n_updates })
    }

    /// The GPU's name.
    ///
    /// # Errors
    /// If the driver fails.
    pub fn device_name(&self) -> Result<String, CudaError> {
        self.device.name()
    }

    /// Updates made, including those before the network was copied to the GPU.
    #[must_use]
    pub fn n_updates(&self) -> u64 {
        self.n_updates
    }

    /// Makes one update with dropout seeded by `seed`; returns the sums of the loss by part.
    ///
    /// # Errors
    /// If the windows have another size than the trainer, or the GPU fails.
    pub fn update(&mut self, windows: &Staged, lr: f32, seed: u64) -> Result<Losses, CudaError> {
        self.upload(windows)?;
        self.n_updates += 1;
        let rates = [lr, AdamW::corrected_rate(lr, self.n_updates)];
        self.device.upload(&rates, &mut self.buffers.rates)?;
        self.device.upload(&[seed, WeightDropout::seed(seed)], &mut self.buffers.seeds)?;
        self.graph.launch()?;
        let sums = self.device.download(&self.buffers.loss_sums)?;
        Ok(std::array::from_fn(|part| sums[part]))
    }

    /// Evaluates windows without dropout or update; returns the loss of each position, `[N, 6]`. The hidden state is
    /// carried from call to call, as in training.
    ///
    /// # Errors
    /// If the windows have another size than the trainer, or the GPU fails.
    pub fn evaluate(&mut self, windows: &Staged) -> Result<Vec<f32>, CudaError> {
        self.upload(windows)?;
        self.evaluation.launch()?;
        self.device.download(&self.buffers.losses)
    }

    /// Replaces the parameters on the GPU, but not the optimiser's moments.
    ///
    /// # Errors
    /// If the GPU fails.
    pub fn set_parameters(&mut self, network: &Network) -> Result<(), CudaError> {
        let values = self.shape.offsets.spread(&self.layout, &network.parameters);
        self.device.upload(&values, &mut self.buffers.parameters)
    }

    fn upload(&mut self, windows: &Staged) -> Result<(), CudaError> {
        let (expected, found) = (self.shape.n_positions(), windows.begins.len());
        if expected != found {
            return Err(CudaError::Window { expected, found });
        }
        self.device.upload(&windows.targets, &mut self.buffers.targets)?;
        self.device.upload(&windows.begins, &mut self.buffers.begins)?;
        for list_idx in 0..self.shape.tables.len() {
            self.device.upload(&windows.rows[list_idx], &mut self.buffers.rows[list_idx])?;
            self.device.upload(&windows.spans[list_idx], &mut self.buffers.spans[list_idx])?;
            self.device.clear(&mut self.buffers.counts[list_idx])?;
            pass::spread(&self.device, &self.shape, &self.buffers, list_idx)?;
        }
        Ok(())
    }

    /// The gradient of the last update, laid out like the parameters.
    ///
    /// # Errors
    /// If the GPU fails.
    pub fn gradient(&self) -> Result<Vec<f32>, CudaError> {
        self.read(&self.buffers.gradient)
    }

    /// Copies the parameters and the optimiser's moments back.
    ///
    /// # Errors
    /// If the GPU fails.
    pub fn download(&self, network: &mut Network, optimiser: &mut AdamW) -> Result<(), CudaError> {
        network.parameters = self.read(&self.buffers.parameters)?;
        optimiser.mean = self.read(&self.buffers.mean)?;
        optimiser.square = self.read(&self.buffers.square)?;
        optimiser.n_updates = self.n_updates;
        Ok(())
    }

    /// The hidden state carried into the next window, `[streams, layers, 2, H]`: output, then cell.
    ///
    /// # Errors
    /// If the GPU fails.
    pub fn carried(&self) -> Result<Vec<f32>, CudaError> {
        let (n_streams, config) = (self.shape.n_streams, self.shape.config);
        let (n, hidden) = (self.shape.n_positions() * config.hidden, config.hidden);
        let last = n..n + n_streams * hidden;
        let mut carried = vec![0.0; n_streams * config.n_layers * 2 * hidden];
        for (layer_idx, layer) in self.buffers.layers.iter().enumerate() {
            for (part_idx, buffer) in [&layer.output_before, &layer.cell_before].into_iter().enumerate() {
                let values = self.device.download_part(buffer, last.clone())?;
                for (stream, values) in values.chunks_exact(hidden).enumerate() {
                    let row = (stream * config.n_layers + layer_idx) * 2 + part_idx;
                    carried[row * hidden..(row + 1) * hidden].copy_from_slice(values);
                }
            }
        }
        Ok(carried)
    }

    /// Continues from a hidden state that [`CudaTrainer::carried`] returned.
    ///
    /// # Errors
    /// If it has another size, or the GPU fails.
    pub fn carry_on(&mut self, carried: &[f32]) -> Result<(), CudaError> {
        let (n_streams, config) = (self.shape.n_streams, self.shape.config);
        let (n, hidden) = (self.shape.n_positions() * config.hidden, config.hidden);
        let expected = n_streams * config.n_layers * 2 * hidden;
        if carried.len() != expected {
            return Err(CudaError::Window { expected, found: carried.len() });
        }
        for (layer_idx, layer) in self.buffers.layers.iter_mut().enumerate() {
            for (part_idx, buffer) in
                [&mut layer.output_before, &mut layer.cell_before].into_iter().enumerate()
            {
                let rows = (0..n_streams).map(|stream| (stream * config.n_layers + layer_idx) * 2 + part_idx);
                let values: Vec<f32> =
                    rows.flat_map(|row| carried[row * hidden..(row + 1) * hidden].iter().copied()).collect();
                self.device.upload_at(&values, buffer, n)?;
            }
        }
        Ok(())
    }

    fn read(&self, buffer: &Buffer<f32>) -> Result<Vec<f32>, CudaError> {
        let values = self.device.download(buffer)?;
        Ok(self.shape.offsets.gather(&self.layout, &values))
    }
}
