"""The interface of shap over MXT's explainers: its tree explainer, and the type that its plots draw."""
