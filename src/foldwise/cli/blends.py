"""How an ensemble was blended, in words."""

from foldwise.ensembling.ensemble import Ensemble
from foldwise.training.run_scores import RunScores


def blend_lines(name: str, ensemble: Ensemble, scores: RunScores) -> list[str]:
    """The members' weights and, where they were fitted, what fitting them seemed to gain."""
    shares = zip(ensemble.members, ensemble.weights, strict=True)
    lines = [f"{name} = {' + '.join(f'{weight:.4g} x {member}' for member, weight in shares)}"]
    if not ensemble.fold_weights:
        return lines
    for metric, seen in ensemble.in_sample.items():
        honest = scores.scores[metric].value
        lines.append(
            f"  {metric}: {honest:.4f} on rows the weights were not fitted on, {seen:.4f} on those "
            f"they were; optimism {seen - honest:+.4f}"
        )
    return lines
