package lm

import (
	"context"

	"github.com/argus-k8s/argus/internal/lm/appliesto"
)

// AppliesToMatch is a resource an AppliesTo expression holds for.
type AppliesToMatch struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// TestAppliesTo asks the account which resources an expression holds for. It
// changes nothing. ClassInvalid means the account cannot read the expression.
func (c *Client) TestAppliesTo(ctx context.Context, expr appliesto.Expr) ([]AppliesToMatch, error) {
	body := map[string]any{
		"type":              "testAppliesTo",
		"currentAppliesTo":  expr.String(),
		"originalAppliesTo": expr.String(),
		"needInheritProps":  true,
	}
	var out struct {
		CurrentMatches []AppliesToMatch `json:"currentMatches"`
	}
	if err := c.do(ctx, request{endpoint: EndpointTestAppliesTo, body: body, decode: object(&out)}); err != nil {
		return nil, err
	}
	return out.CurrentMatches, nil
}
