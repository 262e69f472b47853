"""Answers for whoever watches the processes: a load balancer, a container runtime."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that this process answers. Asks neither database nor cache: a restart would mend neither."""
    return JsonResponse({"status": "ok"})
