"""Pictures of networks and of their training, by matplotlib's objects alone: no window opens, and
no global state is touched.

Every picture is a function that draws on `ax`, or makes a figure of its own, and returns the
figure; save it with `figure.savefig(path)`. It has no background, and fits a light one and a dark
one; `suit(figure, "dark")` makes it better for one of them. Where a picture has several panels,
`ax` may be as many axes, or one, which is divided. The numbers of the picture `name(...)` are what
`name_data(...)` gives, without drawing and without matplotlib, for those of its arguments that they
depend on.
"""

from pellucid.insight.plots.activations import activation_curves, activation_curves_data
from pellucid.insight.plots.averaging import exponential_average, exponential_average_data
from pellucid.insight.plots.background import suit
from pellucid.insight.plots.boundaries import (
    decision_boundaries,
    decision_boundaries_data,
    decision_boundary,
    decision_boundary_data,
)
from pellucid.insight.plots.calculation import layer_work, layer_work_data
from pellucid.insight.plots.confusion import confusion_matrix, confusion_matrix_data
from pellucid.insight.plots.curves import learning_curve, learning_curve_data
from pellucid.insight.plots.depth import depth_experiment, depth_experiment_data
from pellucid.insight.plots.histograms import (
    HistogramRecorder,
    activation_histograms,
    activation_histograms_data,
    gradient_histograms,
    gradient_histograms_data,
    histograms_over_time,
    histograms_over_time_data,
)
from pellucid.insight.plots.images import (
    feature_maps,
    feature_maps_data,
    filters,
    filters_data,
    weight_images,
    weight_images_data,
)
from pellucid.insight.plots.importance import (
    occlusion,
    occlusion_data,
    saliency,
    saliency_data,
)
from pellucid.insight.plots.mistakes import most_wrong, most_wrong_data
from pellucid.insight.plots.network import (
    network_diagram,
    network_diagram_data,
    thinned_network,
    thinned_network_data,
)
from pellucid.insight.plots.steps import score_to_loss, score_to_loss_data
from pellucid.insight.plots.surfaces import optimizer_paths, optimizer_paths_data

PICTURES = [
    "activation_curves",
    "activation_histograms",
    "confusion_matrix",
    "decision_boundaries",
    "decision_boundary",
    "depth_experiment",
    "exponential_average",
    "feature_maps",
    "filters",
    "gradient_histograms",
    "histograms_over_time",
    "layer_work",
    "learning_curve",
    "most_wrong",
    "network_diagram",
    "occlusion",
    "optimizer_paths",
    "saliency",
    "score_to_loss",
    "thinned_network",
    "weight_images",
]

__all__ = [
    "PICTURES",
    "HistogramRecorder",
    "activation_curves",
    "activation_curves_data",
    "activation_histograms",
    "activation_histograms_data",
    "confusion_matrix",
    "confusion_matrix_data",
    "decision_boundaries",
    "decision_boundaries_data",
    "decision_boundary",
    "decision_boundary_data",
    "depth_experiment",
    "depth_experiment_data",
    "exponential_average",
    "exponential_average_data",
    "feature_maps",
    "feature_maps_data",
    "filters",
    "filters_data",
    "gradient_histograms",
    "gradient_histograms_data",
    "histograms_over_time",
    "histograms_over_time_data",
    "layer_work",
    "layer_work_data",
    "learning_curve",
    "learning_curve_data",
    "most_wrong",
    "most_wrong_data",
    "network_diagram",
    "network_diagram_data",
    "occlusion",
    "occlusion_data",
    "optimizer_paths",
    "optimizer_paths_data",
    "saliency",
    "saliency_data",
    "score_to_loss",
    "score_to_loss_data",
    "suit",
    "thinned_network",
    "thinned_network_data",
    "weight_images",
    "weight_images_data",
]
