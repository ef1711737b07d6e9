"""Looking inside a network: its gradients, what its outputs owe to its inputs, its units, the dynamics of its state."""

from rnnlib.inspection.attributions import (
    completeness_gap,
    deletion_curve,
    gradient_times_input,
    integrated_gradients,
    occlusion,
    permutation,
    plain_gradient,
    random_order,
)
from rnnlib.inspection.dynamics import FixedPoints, fixed_points, jacobian, next_states
from rnnlib.inspection.gradients import gradient_by_lag, gradient_check, numeric_gradient, relative_error
from rnnlib.inspection.units import correlations, held_units, states_and_gates

__all__ = [
    "FixedPoints",
    "completeness_gap",
    "correlations",
    "deletion_curve",
    "fixed_points",
    "gradient_by_lag",
    "gradient_check",
    "gradient_times_input",
    "held_units",
    "integrated_gradients",
    "jacobian",
    "next_states",
    "numeric_gradient",
    "occlusion",
    "permutation",
    "plain_gradient",
    "random_order",
    "relative_error",
    "states_and_gates",
]
